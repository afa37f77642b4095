import type { FieldError, ResourceDefinition } from '@tandem/apimachinery'
import { defaultMatchResources, validateMutatingOperations } from './match-resources.ts'
import { bindingColumns, validatePolicyBinding } from './policy-binding.ts'
import { staticSuffixWarnings } from './static-suffix.ts'
import type { MutatingAdmissionPolicyBinding } from './types.ts'

const validate = (binding: MutatingAdmissionPolicyBinding): FieldError[] => [
  ...validatePolicyBinding(binding),
  ...validateMutatingOperations('spec.matchResources', binding.spec.matchResources),
]

export const mutatingAdmissionPolicyBindings: ResourceDefinition<MutatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: (binding) => {
    binding.spec ??= {}
    defaultMatchResources(binding.spec.matchResources)
  },
  validate,
  validateUpdate: validate,
  warnings: staticSuffixWarnings,
  columns: bindingColumns,
}
