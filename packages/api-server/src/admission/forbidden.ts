import { forbidden, type StatusError } from '@tandem/apimachinery'
import type { AdmissionRequest } from './admission.ts'

/** The refusal of a plugin: `pods "web" is forbidden: …`. */
export function admissionForbidden({ definition, name, object }: AdmissionRequest, why: string): StatusError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || ''
  return forbidden({ group: definition.group, resource: definition.plural }, shown, why)
}
