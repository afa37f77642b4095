import {
  type FieldError,
  invalidValue,
  required,
  validateDns1123Subdomain,
  validateHttpPath,
} from '@tandem/apimachinery'
import { invalidEach } from '../../core/v1/field-checks.ts'

/** The name of a controller: `acme.io/foo`. */
export function validateDomainPrefixedPath(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)]
  const [, host, path] = /^([^/]+)\/(.+)$/s.exec(value) ?? []
  if (!host || !path) return [invalidValue(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  return [
    ...invalidEach(field, host, validateDns1123Subdomain(host)),
    ...invalidEach(field, path, validateHttpPath(path)),
  ]
}
