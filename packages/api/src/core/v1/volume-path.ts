import { type FieldError, invalidValue } from '@tandem/apimachinery'

const hasBackstep = (path: string): boolean => path.split('/').includes('..')

export const withoutBacksteps = (field: string, path: string): FieldError[] =>
  hasBackstep(path) ? [invalidValue(field, path, "must not contain '..'")] : []

/** A path that stays below where it starts. */
export const descending = (field: string, path: string): FieldError[] => [
  ...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []),
  ...withoutBacksteps(field, path),
]

/** A path of a file in a volume, whose own links begin with `..`. */
export const notReserved = (field: string, path: string): FieldError[] => [
  ...descending(field, path),
  ...(path.startsWith('..') && !path.startsWith('../') ? [invalidValue(field, path, "must not start with '..'")] : []),
]

export const fileMode = (field: string, mode: number | undefined): FieldError[] =>
  mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
