import type { KubernetesObject } from '../meta.ts'
import type { CustomType } from '../resource-definition.ts'
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
  /** What was wrong with the body before it was an object, if anybody wants to know. */
  earlier?: TextFaults | undefined
}

/** Faults of a text that are no faults of the object it makes, such as repeated keys. */
export interface TextFaults {
  /** One text a fault, for warnings. */
  readonly each: readonly string[]
  /** All of them, for a refusal. */
  readonly all: string
}

export const textFaults = (each: readonly string[]): TextFaults => ({ each, all: each.join(', ') })

/** Faults of YAML are told of in lines. */
export const yamlFaults = (each: readonly string[]): TextFaults => ({
  each,
  all: each.length === 0 ? '' : `yaml: unmarshal errors:\n  ${each.join('\n  ')}`,
})

export interface Decoded<T> {
  object: T
  /** Texts for `Warning` headers, one for each unknown or repeated field. */
  warnings: string[]
}

/**
 * The same for a kind that is no built-in type. Its unknown fields come after what the text repeats, in the order in which the type tells
 * them.
 */
export function decodeCustom(
  value: Record<string, unknown>,
  { decode }: Pick<CustomType, 'decode'>,
  { fieldValidation = 'Warn', text, earlier }: Omit<DecodeOptions, 'schema' | 'registry'>,
): Decoded<KubernetesObject> {
  const { object, unknown } = decode(value)
  if (fieldValidation === 'Ignore') return { object, warnings: [] }
  const repeated = text ? fieldFaults(text, value, []) : []
  return { object, warnings: judged([...repeated, ...unknown.map(unknownField)], { fieldValidation, earlier }) }
}

/** Upstream reports this many at most. */
const maxWarnings = 100

/**
 * From parsed JSON to an object as Go's decoder would leave it: fields in the type's order, only those that the type has, values of the
 * right type and in canonical form, nothing null, empty what Go would print empty. The input is not changed, nor shared but for free-form
 * parts. Throws DecodeError (see `decodeFailure`).
 */
export function decodeObject<T = Record<string, unknown>>(value: unknown, options: DecodeOptions): Decoded<T> {
  const { schema, registry, fieldValidation = 'Warn', text, earlier } = options
  const context: DecodeContext = { path: [], unknown: fieldValidation === 'Ignore' ? undefined : [], owner: '' }
  const object = objectDecoder(schema, registry).decode(value, context) as T
  if (!context.unknown) return { object, warnings: [] }
  const { unknown } = context
  // What was no JSON, or was made by a patch, has its keys in order.
  const faults = text ? fieldFaults(text, value, unknown) : unknown.toSorted().map(unknownField)
  return { object, warnings: judged(faults, { fieldValidation, earlier }) }
}

/** What to warn of; thrown where nothing is tolerated. */
function judged(
  faults: readonly string[],
  { fieldValidation, earlier }: Pick<DecodeOptions, 'fieldValidation' | 'earlier'>,
): string[] {
  const told = faults.slice(0, maxWarnings)
  const all = [...(earlier?.all ? [earlier.all] : []), ...told]
  if (fieldValidation === 'Strict' && all.length) throw new DecodeError(`strict decoding error: ${all.join(', ')}`)
  return [...(earlier?.each ?? []), ...told]
}
