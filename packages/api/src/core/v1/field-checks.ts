import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  semanticallyEqual,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateLabelValue,
  validatePortName,
  validatePortNumber,
  validateQualifiedName,
} from '@tandem/apimachinery'

/** One error for each message that a check of a name returned. */
export const invalidEach = (field: string, value: unknown, messages: readonly string[]): FieldError[] =>
  messages.map((message) => invalidValue(field, value, message))

export const dns1123Label = (field: string, value: string): FieldError[] =>
  invalidEach(field, value, validateDns1123Label(value))

export const dns1123Subdomain = (field: string, value: string): FieldError[] =>
  invalidEach(field, value, validateDns1123Subdomain(value))

export const qualifiedName = (field: string, value: string): FieldError[] =>
  invalidEach(field, value, validateQualifiedName(value))

export const labelValue = (field: string, value: string): FieldError[] =>
  invalidEach(field, value, validateLabelValue(value))

export const nonNegative = (field: string, value: number | undefined): FieldError[] =>
  (value ?? 0) < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []

export const positive = (field: string, value: number): FieldError[] =>
  value <= 0 ? [invalidValue(field, value, 'must be greater than zero')] : []

export const portNumber = (field: string, value: number): FieldError[] =>
  invalidEach(field, value, validatePortNumber(value))

export const portNumberOrName = (field: string, value: number | string | undefined): FieldError[] =>
  typeof value === 'string' ? invalidEach(field, value, validatePortName(value)) : portNumber(field, value ?? 0)

/** A value that must be there and be one of a few. */
export function oneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (!value) return [required(field)]
  return supported.includes(value) ? [] : [notSupported(field, value, supported)]
}

/** A value that may be absent, and else is one of a few. */
export const optionalOneOf = (field: string, value: string | undefined, supported: readonly string[]): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)]

export const immutable = (field: string, value: unknown, old: unknown): FieldError[] =>
  semanticallyEqual(value, old) ? [] : [invalidValue(field, value, 'field is immutable')]

/** What a ConfigMap or Secret with `immutable: true` says to changes. */
export const forbidImmutableChange = (field: string, value: unknown, old: unknown): FieldError[] =>
  semanticallyEqual(value, old) ? [] : [forbiddenField(field, 'field is immutable when `immutable` is set')]
