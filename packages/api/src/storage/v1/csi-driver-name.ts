import { type FieldError, required, tooLong, validateDns1123Subdomain } from '@tandem/apimachinery'
import { invalidEach } from '../../core/v1/field-checks.ts'

export function validateCSIDriverName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)]
  return [
    ...(name.length > 63 ? [tooLong(field, 63)] : []),
    ...invalidEach(field, name, validateDns1123Subdomain(name.toLowerCase())),
  ]
}
