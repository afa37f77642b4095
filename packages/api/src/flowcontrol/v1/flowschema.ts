import {
  type FieldError,
  invalidValue,
  nameIsDnsSubdomain,
  notSupported,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { exemptName, mandatoryFlowSchemas } from './mandatory.ts'
import { validateRules } from './policy-rules.ts'
import { validateStatusConditions } from './status-conditions.ts'
import type { FlowSchema, FlowSchemaSpec } from './types.ts'

const defaultPrecedence = 1000
const lastPrecedence = 10_000
const distinguisherMethods = ['ByNamespace', 'ByUser']

export const danglingCondition = 'Dangling'

function validatePrecedence(name: string, { matchingPrecedence = 0 }: FlowSchemaSpec): FieldError[] {
  const field = 'spec.matchingPrecedence'
  const errors: FieldError[] = []
  if (matchingPrecedence <= 0) errors.push(invalidValue(field, matchingPrecedence, 'must be a positive value'))
  if (matchingPrecedence > lastPrecedence)
    errors.push(invalidValue(field, matchingPrecedence, `must not be greater than ${lastPrecedence}`))
  if (matchingPrecedence === 1 && name !== exemptName)
    errors.push(invalidValue(field, matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  return errors
}

function validateLevel({ priorityLevelConfiguration }: FlowSchemaSpec): FieldError[] {
  const field = 'spec.priorityLevelConfiguration.name'
  const name = priorityLevelConfiguration?.name
  return name
    ? invalidEach(field, name, nameIsDnsSubdomain(name, false))
    : [required(field, 'must reference a priority level')]
}

function validate({ metadata: { name }, spec, status }: FlowSchema): FieldError[] {
  const { distinguisherMethod, rules = [] } = spec
  const errors = validatePrecedence(name, spec)
  if (distinguisherMethod && !distinguisherMethods.includes(distinguisherMethod.type))
    errors.push(notSupported('spec.distinguisherMethod.type', distinguisherMethod, distinguisherMethods))
  errors.push(...validateLevel(spec))
  errors.push(...rules.flatMap((rule, index) => validateRules(`spec.rules[${index}]`, rule)))
  const fixed = Object.hasOwn(mandatoryFlowSchemas, name) ? mandatoryFlowSchemas[name] : undefined
  if (fixed && !semanticallyEqual(spec, fixed))
    errors.push(invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`))
  return [...errors, ...validateStatusConditions(status?.conditions)]
}

export const flowSchemas: ResourceDefinition<FlowSchema> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope: 'Cluster',
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  hasGeneration: true,
  subresources: { status: true },
  defaults: (schema) => {
    schema.spec ??= { priorityLevelConfiguration: { name: '' } }
    // 0 counts as not given.
    schema.spec.matchingPrecedence ||= defaultPrecedence
  },
  prepareForCreate: (schema) => {
    schema.status = {}
  },
  validate,
  validateUpdate: validate,
  validateStatusUpdate: ({ status }) => validateStatusConditions(status?.conditions),
  columns: [
    nameColumn,
    {
      name: 'PriorityLevel',
      type: 'string',
      description: 'The priority level that its requests belong to.',
      value: ({ spec }) => spec.priorityLevelConfiguration.name,
    },
    {
      name: 'MatchingPrecedence',
      type: 'string',
      description: 'Of the schemas that match a request, the one with the least is chosen.',
      value: ({ spec }) => spec.matchingPrecedence ?? 0,
    },
    {
      name: 'DistinguisherMethod',
      type: 'string',
      description: 'What tells its flows apart.',
      value: ({ spec }) => spec.distinguisherMethod?.type ?? '<none>',
    },
    ageColumn,
    {
      name: 'MissingPL',
      type: 'string',
      description: 'references a broken or non-existent PriorityLevelConfiguration',
      value: ({ status }) => status?.conditions?.find(({ type }) => type === danglingCondition)?.status ?? '?',
    },
  ],
}
