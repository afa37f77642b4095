import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import type { DownwardAPIVolumeFile, KeyToPath } from '../types.ts'
import { fileMode, notReserved } from '../volume-path.ts'
import { validateFieldRef, validateResourceFieldRef, volumePaths } from './env.ts'

/** A key of a ConfigMap or Secret that becomes a file. */
export function validateKeyToPath(field: string, { key, path, mode }: KeyToPath): FieldError[] {
  return [
    ...(key ? [] : [required(`${field}.key`)]),
    ...(path ? [] : [required(`${field}.path`)]),
    ...notReserved(`${field}.path`, path ?? ''),
    ...fileMode(`${field}.mode`, mode),
  ]
}

/** A file with a pod's own data. */
export function validateDownwardFile(field: string, file: DownwardAPIVolumeFile): FieldError[] {
  const { path, fieldRef, resourceFieldRef, mode } = file
  const errors = path ? [] : [required(`${field}.path`)]
  errors.push(...notReserved(`${field}.path`, path ?? ''))
  if (fieldRef) {
    errors.push(...validateFieldRef(`${field}.fieldRef`, fieldRef, volumePaths))
    if (resourceFieldRef)
      errors.push(invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (resourceFieldRef)
    errors.push(...validateResourceFieldRef(`${field}.resourceFieldRef`, resourceFieldRef, 'volume'))
  else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...fileMode(`${field}.mode`, mode)]
}
