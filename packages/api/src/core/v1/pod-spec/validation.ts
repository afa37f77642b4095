import type { FieldError } from '@tandem/apimachinery'
import type { PodSpec } from '../types.ts'

export interface PodSpecRules {
  /** A template's pods get some defaults only when they are created. */
  of: 'pod' | 'template'
}

export function validatePodSpec(_field: string, _spec: PodSpec, _rules: PodSpecRules): FieldError[] {
  return []
}
