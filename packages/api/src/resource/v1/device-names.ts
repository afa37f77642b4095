import {
  type FieldError,
  invalidValue,
  required,
  tooLong,
  validateCIdentifier,
  validateDns1123Label,
} from '@tandem/apimachinery'
import { dns1123Subdomain, invalidEach } from '../../core/v1/field-checks.ts'
import { validateCSIDriverName } from '../../storage/v1/csi-driver-name.ts'

export const maxKeyLength = 63 + 1 + 32
const maxPoolName = 253
const maxIdentifier = 32

export const validateDriverName = validateCSIDriverName

export const validateShortName = (field: string, name: string | undefined): FieldError[] =>
  invalidEach(field, name ?? '', validateDns1123Label(name ?? ''))

/** `a.example/b.example`: subdomains, each of a level of the driver's own. */
export function validatePoolName(field: string, name: string | undefined): FieldError[] {
  if (!name) return [required(field)]
  return [
    ...(Buffer.byteLength(name) > maxPoolName ? [tooLong(field, maxPoolName)] : []),
    ...name.split('/').flatMap((part) => dns1123Subdomain(field, part)),
  ]
}

function validateIdentifier(field: string, id: string): FieldError[] {
  return [
    ...(Buffer.byteLength(id) > maxIdentifier ? [tooLong(field, maxIdentifier)] : []),
    ...invalidEach(field, id, validateCIdentifier(id)),
  ]
}

/** The name of an attribute or capacity: an identifier, of a driver's domain where one stands before it. */
export function validateQualifiedName(field: string, name: string): FieldError[] {
  const [first = '', second, ...rest] = name.split('/')
  if (rest.length > 0) return []
  if (second === undefined) return validateIdentifier(field, first)
  return [
    ...(first ? validateDriverName(field, first) : [invalidValue(field, '', 'the domain must not be empty')]),
    ...(second ? validateIdentifier(field, second) : [invalidValue(field, '', 'the name must not be empty')]),
  ]
}

export const validateFullyQualifiedName = (field: string, name: string): FieldError[] => [
  ...validateQualifiedName(field, name),
  ...(name.includes('/')
    ? []
    : [invalidValue(field, name, 'a fully qualified name must be a domain and a name separated by a slash')]),
]

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const validateShareId = (field: string, id: string | undefined): FieldError[] =>
  id === undefined || uuid.test(id)
    ? []
    : [
        invalidValue(
          field,
          id,
          'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
        ),
      ]
