import type { FieldError } from '@tandem/apimachinery'
import { nonNegative } from '../../core/v1/field-checks.ts'
import type { Scale } from './types.ts'

/** Of what clients write to a scale subresource. */
export const validateScale = ({ spec }: Scale): FieldError[] => nonNegative('spec.replicas', spec?.replicas)
