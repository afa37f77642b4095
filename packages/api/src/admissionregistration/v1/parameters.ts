import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  validateDns1035Label,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { validateLabelSelector } from '../../meta/v1/label-selector.ts'
import type { ParamKind, ParamRef } from './types.ts'

export function validateParamKind(field: string, { apiVersion, kind }: ParamKind): FieldError[] {
  const faults = kind ? validateDns1035Label(kind.toLowerCase()) : []
  return [
    ...validateApiVersion(`${field}.apiVersion`, apiVersion),
    ...(kind ? [] : [required(`${field}.kind`)]),
    ...(kind && faults.length > 0
      ? [invalidValue(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${faults.join(',')}`)]
      : []),
  ]
}

function validateApiVersion(field: string, apiVersion: string | undefined): FieldError[] {
  if (!apiVersion) return [required(field)]
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/')
  if (parts.length > 2) return [invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts.at(-1) ?? ''
  const group = parts.length === 2 ? (parts[0] ?? '') : ''
  const checked = (value: string, faults: string[]): FieldError[] =>
    faults.length > 0 ? [invalidValue(field, value, faults.join(','))] : []
  return [
    ...(group ? checked(group, validateDns1123Subdomain(group)) : []),
    ...(version
      ? checked(version, validateDns1035Label(version))
      : [invalidValue(field, apiVersion, 'version must be specified')]),
  ]
}

export function validateParamRef(field: string, reference: ParamRef | undefined): FieldError[] {
  if (!reference) return []
  const { name, selector, parameterNotFoundAction: action } = reference
  const exclusive = 'name and selector are mutually exclusive'
  return [
    ...(name ? invalidEach(`${field}.name`, name, nameIsPathSegment(name, false)) : []),
    ...(name && selector ? [forbiddenField(`${field}.name`, exclusive)] : []),
    ...validateLabelSelector(`${field}.selector`, selector),
    ...(name && selector ? [forbiddenField(`${field}.selector`, exclusive)] : []),
    ...(name || selector ? [] : [required(field, 'one of name or selector must be specified')]),
    ...(action ? [] : [required(`${field}.parameterNotFoundAction`)]),
    ...(action && !['Deny', 'Allow'].includes(action)
      ? [notSupported(`${field}.parameterNotFoundAction`, action, ['Deny', 'Allow'])]
      : []),
  ]
}

/** A policy's parameters in a table's cell. */
export const formatParamKind = (kind: ParamKind | undefined): string =>
  kind ? `${kind.apiVersion ?? ''}/${kind.kind ?? ''}` : '<unset>'

export function formatParamRef(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference?.selector ? JSON.stringify(reference.selector) : '<unset>'
}
