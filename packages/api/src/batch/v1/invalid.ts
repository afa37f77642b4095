import type { FieldError } from '@tandem/apimachinery'

/** A fault of a value that is not shown. */
export const invalid = (field: string, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${detail}`,
})
