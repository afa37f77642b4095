import { type FieldError, invalidValue, required, tooLong } from '@tandem/apimachinery'
import { validateDriverName } from './device-names.ts'
import type { DeviceConfiguration } from './types.ts'

const maxParameters = 10 * 1024

export const validateConfiguration = (field: string, { opaque }: DeviceConfiguration): FieldError[] =>
  opaque
    ? [
        ...validateDriverName(`${field}.opaque.driver`, opaque.driver),
        ...validateRawObject(`${field}.opaque.parameters`, opaque.parameters, maxParameters),
      ]
    : [required(`${field}.opaque`)]

/** Any object that is not too large. */
export function validateRawObject(field: string, value: unknown, max: number): FieldError[] {
  if (value === undefined || value === null) return [required(field)]
  if (Buffer.byteLength(JSON.stringify(value)) > max) return [tooLong(field, max)]
  return typeof value === 'object' && !Array.isArray(value)
    ? []
    : [invalidValue(field, '<value omitted>', 'must be a valid JSON object')]
}
