import { type FieldError, invalidValue, required, validateDns1035Label } from '@tandem/apimachinery'
import type { CustomResourceDefinitionNames } from './types.ts'

const label = (field: string, value: string | undefined): FieldError[] => {
  const faults = value ? validateDns1035Label(value) : []
  return faults.length > 0 ? [invalidValue(field, value, faults.join(','))] : []
}

const mixedCase = (field: string, value: string | undefined): FieldError[] => {
  const faults = value ? validateDns1035Label(value.toLowerCase()) : []
  return faults.length > 0
    ? [invalidValue(field, value, `may have mixed case, but should otherwise match: ${faults.join(',')}`)]
    : []
}

export const requireNames = (field: string, names: CustomResourceDefinitionNames): FieldError[] =>
  (['plural', 'singular', 'kind', 'listKind'] as const).flatMap((name) =>
    names[name] ? [] : [required(`${field}.${name}`)],
  )

export function validateNames(field: string, names: Partial<CustomResourceDefinitionNames>): FieldError[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names
  return [
    ...label(`${field}.plural`, plural),
    ...label(`${field}.singular`, singular),
    ...mixedCase(`${field}.kind`, kind),
    ...mixedCase(`${field}.listKind`, listKind),
    ...shortNames.flatMap((name, index) => label(`${field}.shortNames[${index}]`, name)),
    ...(kind && kind === listKind
      ? [invalidValue(`${field}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, index) => label(`${field}.categories[${index}]`, name)),
  ]
}
