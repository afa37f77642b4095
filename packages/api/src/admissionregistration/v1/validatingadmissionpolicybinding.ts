import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import { defaultMatchResources } from './match-resources.ts'
import { bindingColumns, validatePolicyBinding } from './policy-binding.ts'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec } from './types.ts'

const supported = ['Audit', 'Deny', 'Warn']

function validateActions({ validationActions: actions = [] }: ValidatingAdmissionPolicyBindingSpec): FieldError[] {
  const field = 'spec.validationActions'
  return [
    ...actions.flatMap((action, index) => [
      ...(supported.includes(action) ? [] : [notSupported(`${field}[${index}]`, action, supported)]),
      ...(actions.indexOf(action) < index ? [duplicate(`${field}[${index}]`, action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn')
      ? [
          invalidValue(
            field,
            actions,
            'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
          ),
        ]
      : []),
    ...(actions.length === 0 ? [required(field, 'at least one validation action is required')] : []),
  ]
}

const validate = (binding: ValidatingAdmissionPolicyBinding): FieldError[] => [
  ...validatePolicyBinding(binding),
  ...validateActions(binding.spec),
]

export const validatingAdmissionPolicyBindings: ResourceDefinition<ValidatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: (binding) => {
    binding.spec ??= {} as ValidatingAdmissionPolicyBindingSpec
    defaultMatchResources(binding.spec.matchResources)
  },
  validate,
  validateUpdate: validate,
  warnings: staticSuffixWarnings,
  columns: bindingColumns,
}
