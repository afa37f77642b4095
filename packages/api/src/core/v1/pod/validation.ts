import type { FieldError } from '@tandem/apimachinery'
import { validatePodSpec } from '../pod-spec/validation.ts'
import type { Pod } from '../types.ts'

export const validate = (pod: Pod): FieldError[] => validatePodSpec('spec', pod.spec, { of: 'pod' })
export const validateUpdate = (pod: Pod, _old: Pod): FieldError[] => validate(pod)
export const validateStatusUpdate = (_pod: Pod, _old: Pod): FieldError[] => []
