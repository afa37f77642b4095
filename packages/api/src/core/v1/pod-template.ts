import { type FieldError, forbiddenField } from '@tandem/apimachinery'
import { validateAnnotations, validateLabels } from '@tandem/apimachinery/object-meta'
import { validatePodAnnotations } from './pod/annotations.ts'
import { validateProfilesMatch } from './pod/profile-annotations.ts'
import { defaultPodSpec } from './pod-spec/defaults.ts'
import { dropDisabledFields } from './pod-spec/disabled-fields.ts'
import { validatePodSpec } from './pod-spec/validation.ts'
import type { PodTemplateSpec } from './types.ts'

export { defaultPodSpec, dropDisabledFields, validatePodSpec }

export function defaultPodTemplateSpec(template: PodTemplateSpec): void {
  template.metadata ??= {}
  template.spec ??= { containers: [] }
  defaultPodSpec(template.spec)
}

/** Every fault of a workload's template. */
export function validatePodTemplateSpec(field: string, template: PodTemplateSpec): FieldError[] {
  const { metadata = {}, spec = { containers: [] } } = template
  const errors = [
    ...validateLabels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validatePodAnnotations(`${field}.annotations`, metadata.annotations ?? {}, spec),
    ...validatePodSpec(`${field}.spec`, spec, { of: 'template' }),
    ...validateProfilesMatch(`${field}.spec`, metadata.annotations, spec),
  ]
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  return errors
}
