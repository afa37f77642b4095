import type { PodTemplateSpec } from '../types.ts'

/** Texts on what is deprecated, ignored or written twice in a pod's spec. */
export function podSpecWarnings(_field: string, _template: PodTemplateSpec): string[] {
  return []
}
