import type { SchemaRegistry } from '../schema.ts'
import { DecodeError } from './decode-error.ts'
import { type DecodeContext, objectDecoder } from './decoder.ts'
import { fieldFaults, unknownField } from './field-faults.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface DecodeOptions {
  /** The type's name in the registry: `io.k8s.api.core.v1.Pod`. */
  schema: string
  registry: SchemaRegistry
  /** Warn unless given, as upstream. */
  fieldValidation?: FieldValidation
  /** The JSON text that `value` was parsed from: repeated fields can only be seen there. */
  text?: Uint8Array | undefined
}

export interface Decoded<T> {
  object: T
  /** Texts for `Warning` headers, one for each unknown or repeated field. */
  warnings: string[]
}

/** Upstream reports this many at most. */
const maxWarnings = 100

/**
 * From parsed JSON to an object as Go's decoder would leave it: fields in the type's order, only those that the type has, values of the
 * right type and in canonical form, nothing null, empty what Go would print empty. The input is not changed, nor shared but for free-form
 * parts. Throws DecodeError (see `decodeFailure`).
 */
export function decodeObject<T = Record<string, unknown>>(value: unknown, options: DecodeOptions): Decoded<T> {
  const { schema, registry, fieldValidation = 'Warn', text } = options
  const context: DecodeContext = { path: [], unknown: fieldValidation === 'Ignore' ? undefined : [], owner: '' }
  const object = objectDecoder(schema, registry).decode(value, context) as T
  if (!context.unknown) return { object, warnings: [] }
  const { unknown } = context
  const faults = text ? fieldFaults(text, value, unknown) : unknown.map(unknownField)
  const warnings = faults.slice(0, maxWarnings)
  if (fieldValidation === 'Strict' && warnings.length)
    throw new DecodeError(`strict decoding error: ${warnings.join(', ')}`)
  return { object, warnings }
}
