import { type FieldError, forbiddenField, semanticallyEqual } from '@tandem/apimachinery'
import type { Pod } from '../types.ts'
import { mirrorAnnotation, validatePodAnnotationChanges } from './annotations.ts'
import { changedFields } from './changed-fields.ts'
import { validatePod } from './validation.ts'

/** `pods/ephemeralcontainers` changes its own list, whatever else it is sent. */
export function prepareForEphemeralContainersUpdate(pod: Pod, old: Pod): void {
  const { ephemeralContainers } = pod.spec
  pod.spec = { ...old.spec, ephemeralContainers }
  pod.status = old.status
}

/** They can be added; those there are stay as they are. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenField('[]', 'static pods do not support ephemeral containers')]
  const errors = [...validatePod(pod), ...validatePodAnnotationChanges('metadata.annotations', pod, old)]
  const field = 'spec.ephemeralContainers'
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.find(({ name }) => name === before.name)
    if (!now) errors.push(forbiddenField(field, `existing ephemeral containers "${before.name}" may not be removed\n`))
    else if (!semanticallyEqual(now, before))
      errors.push(
        forbiddenField(
          field,
          `existing ephemeral containers "${before.name}" may not be changed\n${changedFields(before, now)}`,
        ),
      )
  }
  return errors
}
