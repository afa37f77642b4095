import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import type { CelCompiler } from '@tandem/apimachinery/cel/environment'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { qualifiedName } from '../../core/v1/field-checks.ts'
import { validateConditions } from '../../meta/v1/condition.ts'
import { admissionCompiler } from './admission-expressions.ts'
import { defaultMatchResources } from './match-resources.ts'
import { formatParamKind } from './parameters.ts'
import { checkVariables, validatePolicy } from './policy-rules.ts'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { AuditAnnotation, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation } from './types.ts'

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const maxAnnotations = 20
const maxAnnotationExpression = 5 * 1024

function validate({ metadata, spec }: ValidatingAdmissionPolicy, old?: ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec
  const params = Boolean(spec.paramKind)
  const { errors, types } = checkVariables(spec.variables, { params, authorizer: true })
  const variables = (spec.variables ?? []).length > 0 ? { variables: types } : {}
  const compiler = admissionCompiler({ params, authorizer: true, ...variables })
  const messages = admissionCompiler({ params, ...variables })
  const nothing = 'validations or auditAnnotations must contain at least one item'
  if (validations.length + auditAnnotations.length === 0)
    errors.push(required('spec.validations', nothing), required('spec.auditAnnotations', nothing))
  if (auditAnnotations.length > maxAnnotations)
    errors.push(
      invalidValue(
        'spec.auditAnnotations',
        auditAnnotations,
        `must not have more than ${maxAnnotations} auditAnnotations`,
      ),
    )
  const keys = auditAnnotations.map(({ key }) => key)
  return [
    ...validatePolicy(spec, old?.spec),
    ...errors,
    ...validations.flatMap((validation, index) =>
      validateValidation(`spec.validations[${index}]`, validation, { compiler, messages }),
    ),
    ...auditAnnotations.flatMap((annotation, index) => [
      ...validateAnnotation(`spec.auditAnnotations[${index}]`, annotation, { policy: metadata.name, compiler }),
      ...(keys.indexOf(annotation.key) < index
        ? [duplicate(`spec.auditAnnotations[${index}].key`, annotation.key)]
        : []),
    ]),
  ]
}

function validateValidation(
  field: string,
  { expression, message, messageExpression, reason }: Validation,
  { compiler, messages }: { compiler: CelCompiler; messages: CelCompiler },
): FieldError[] {
  const errors: FieldError[] = []
  const checked = (name: string, source: string, found: string | undefined) => {
    if (found) errors.push(invalidValue(`${field}.${name}`, source, found))
  }
  if (!expression?.trim()) errors.push(required(`${field}.expression`, 'expression is not specified'))
  else checked('expression', expression, compiler.fault(expression, ['bool']))
  if (messageExpression?.trim())
    checked('messageExpression', messageExpression, messages.fault(messageExpression, ['string']))
  else if (messageExpression) checked('messageExpression', messageExpression, 'must be non-empty if specified')
  if (message && !message.trim()) checked('message', message, 'must be non-empty if specified')
  else if (message && /[\n\r]/.test(message.trim())) checked('message', message, 'must not contain line breaks')
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${field}.reason`, reason, reasons))
  return errors
}

function validateAnnotation(
  field: string,
  { key, valueExpression }: AuditAnnotation,
  { policy, compiler }: { policy: string; compiler: CelCompiler },
): FieldError[] {
  const errors = policy
    ? qualifiedName(`${field}.key`, `${policy}/${key ?? ''}`)
    : [invalidValue(`${field}.key`, key, 'requires metadata.name be non-empty')]
  const at = `${field}.valueExpression`
  const source = (valueExpression ?? '').trim()
  if (!source) return [...errors, required(at, 'valueExpression is not specified')]
  if (Buffer.byteLength(source) > maxAnnotationExpression)
    return [...errors, required(at, `must not exceed ${maxAnnotationExpression} bytes in length`)]
  const fault = compiler.fault(source, ['string', 'null_type'])
  return fault ? [...errors, invalidValue(at, valueExpression, fault)] : errors
}

function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const warnings = status?.typeChecking?.expressionWarnings ?? []
  return [
    ...warnings.flatMap(({ fieldRef, warning }, index) => {
      const at = `status.typeChecking.expressionWarnings[${index}]`
      return [
        ...(warning ? [] : [required(`${at}.warning`)]),
        ...(fieldRef?.trim() ? [] : [required(`${at}.fieldRef`)]),
      ]
    }),
    ...validateConditions('status.conditions', status?.conditions),
  ]
}

export const validatingAdmissionPolicies: ResourceDefinition<ValidatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  subresources: { status: true },
  defaults: (policy) => {
    policy.spec ??= {} as ValidatingAdmissionPolicySpec
    policy.status ??= {}
    policy.spec.failurePolicy ??= 'Fail'
    defaultMatchResources(policy.spec.matchConstraints)
  },
  prepareForCreate: (policy) => {
    policy.status = {}
  },
  validate: (policy) => validate(policy),
  validateUpdate: validate,
  validateStatusUpdate: validateStatus,
  warnings: staticSuffixWarnings,
  columns: [
    nameColumn,
    {
      name: 'Validations',
      type: 'integer',
      description: 'How many validations it has.',
      value: ({ spec }) => (spec.validations ?? []).length,
    },
    {
      name: 'ParamKind',
      type: 'string',
      description: 'The kind of its parameters.',
      value: ({ spec }) => formatParamKind(spec.paramKind),
    },
    ageColumn,
  ],
}
