import type { FieldSchema, SchemaRegistry, TypeRef, TypeSchema } from '../schema.ts'
import { sortedKeys } from '../sorted-keys.ts'
import { DecodeError } from './decode-error.ts'
import { canonicalBytes, canonicalMicroTime, canonicalTime, decodeQuantity, isInt32, isInt64 } from './scalars.ts'

/** A step of a path: a field, an index, or a key of a map, which Go leaves out where it tells of a wrong type. */
export type PathStep = string | number | { key: string }

/** Where in the object the decoder is, and what it found that nobody asked for. */
export interface DecodeContext {
  path: PathStep[]
  /** Paths of unknown fields; absent when nobody wants to know. */
  unknown: string[] | undefined
  /** The Go struct whose field is decoded, for messages. */
  owner: string
}

type Json = Record<string, unknown>
type Decode = (value: unknown, context: DecodeContext) => unknown

interface FieldDecoder {
  name: string
  decode: Decode
  /** The value is left out of the object. */
  isOmitted: (value: unknown) => boolean
  /** What stands for a missing value that Go would print. */
  zero: (() => unknown) | undefined
}

export interface ObjectDecoder {
  decode(value: unknown, context: DecodeContext): Json
  zero(): Json
}

/** Decoders are made once a type; a registry keeps its own. */
const decoders = new WeakMap<SchemaRegistry, Map<string, ObjectDecoder>>()

export function objectDecoder(name: string, registry: SchemaRegistry): ObjectDecoder {
  let known = decoders.get(registry)
  if (!known) {
    known = new Map()
    decoders.set(registry, known)
  }
  let decoder = known.get(name)
  if (!decoder) {
    decoder = lazyDecoder(name, registry)
    known.set(name, decoder)
  }
  return decoder
}

/** Types refer to themselves (JSONSchemaProps), so that a decoder can only be finished when it is first used. */
function lazyDecoder(name: string, registry: SchemaRegistry): ObjectDecoder {
  let made: ObjectDecoder | undefined
  const get = (): ObjectDecoder => {
    made ??= makeDecoder(registry.type(name), registry)
    return made
  }
  return { decode: (value, context) => get().decode(value, context), zero: () => get().zero() }
}

function makeDecoder(schema: TypeSchema, registry: SchemaRegistry): ObjectDecoder {
  const fields = [...schema.fields.values()].map((field) => fieldDecoder(field, schema, registry))
  const names = new Set(schema.fields.keys())
  const goName = shortName(schema.name)
  const keepUnknown = schema.preserveUnknownFields ?? false

  function decode(value: unknown, context: DecodeContext): Json {
    if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, `v1.${goName}`, context)
    const input = (value ?? {}) as Json
    const result: Json = {}
    const { owner } = context
    context.owner = goName
    let seen = 0
    for (const field of fields) {
      const raw = input[field.name]
      if (raw === undefined) {
        if (field.zero) result[field.name] = field.zero()
        continue
      }
      seen++
      const decoded = raw === null ? undefined : decodeField(field, raw, context)
      if (decoded !== undefined && !field.isOmitted(decoded)) result[field.name] = decoded
      else if (field.zero) result[field.name] = field.zero()
    }
    if (keepUnknown || context.unknown) handleUnknown(input, result, seen, context)
    context.owner = owner
    return result
  }

  function handleUnknown(input: Json, result: Json, seen: number, context: DecodeContext): void {
    const keys = Object.keys(input)
    if (keys.length === seen) return
    for (const key of keys) {
      if (names.has(key)) continue
      if (keepUnknown) set(result, key, input[key])
      else context.unknown?.push(pathOf([...context.path, key]))
    }
  }

  function zero(): Json {
    const result: Json = {}
    for (const field of fields) if (field.zero) result[field.name] = field.zero()
    return result
  }
  return { decode, zero }
}

function decodeField(field: FieldDecoder, value: unknown, context: DecodeContext): unknown {
  context.path.push(field.name)
  const decoded = field.decode(value, context)
  context.path.pop()
  return decoded
}

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

function fieldDecoder(field: FieldSchema, schema: TypeSchema, registry: SchemaRegistry): FieldDecoder {
  const { name, type } = field
  const custom = schema.custom ?? false
  return {
    name,
    decode: decodeOf(type, registry, custom),
    isOmitted: custom || field.pointer || !field.omitEmpty ? () => false : emptinessOf(type),
    zero: custom || field.pointer ? undefined : zeroOf(field, registry),
  }
}

const isFalsy = (value: unknown): boolean => !value
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
function isEmptyMap(value: unknown): boolean {
  for (const _ in value as Json) return false
  return true
}
const never = (): boolean => false

/** Which values Go leaves out: zeros, empty strings, lists and maps, but never a struct. */
function emptinessOf({ kind }: TypeRef): (value: unknown) => boolean {
  if (kind === 'list') return isEmptyList
  if (kind === 'map') return isEmptyMap
  return kind === 'ref' || kind === 'any' || kind === 'rawExtension' || kind === 'fieldsV1' || kind === 'quantity'
    ? never
    : kind === 'intOrString'
      ? never
      : isFalsy
}

/** What Go prints for a field that was not given: structs always, the rest unless it is left out when empty. */
function zeroOf({ type, omitEmpty }: FieldSchema, registry: SchemaRegistry): (() => unknown) | undefined {
  if (type.kind === 'ref') {
    const decoder = objectDecoder(type.name, registry)
    return () => decoder.zero()
  }
  if (type.kind === 'quantity') return () => '0'
  if (omitEmpty) return undefined
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return () => ''
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return () => 0
    case 'boolean':
      return () => false
    case 'list':
      return () => []
    case 'map':
      return () => ({})
    default:
      return undefined
  }
}

function decodeOf(type: TypeRef, registry: SchemaRegistry, custom: boolean): Decode {
  switch (type.kind) {
    case 'ref': {
      const decoder = objectDecoder(type.name, registry)
      return custom ? customObject(decoder) : decoder.decode
    }
    case 'list':
      return listOf(type.of, registry, custom)
    case 'map':
      return mapOf(type.of, registry, custom)
    default:
      return custom ? (value) => value : scalars[type.kind]
  }
}

/** A wrong shape in a custom resource is for its schema to refuse, with a field error. */
const customObject =
  (decoder: ObjectDecoder): Decode =>
  (value, context) =>
    typeof value === 'object' && !Array.isArray(value) ? decoder.decode(value, context) : value

function listOf(of: TypeRef, registry: SchemaRegistry, custom: boolean): Decode {
  const decode = decodeOf(of, registry, custom)
  const absent = custom ? null : zeroElement(of, registry)
  return (value, context) => {
    if (!Array.isArray(value)) {
      if (custom) return value
      throw mismatch(value, goType({ kind: 'list', of }), context)
    }
    const { path } = context
    const result = new Array<unknown>(value.length)
    for (let index = 0; index < value.length; index++) {
      path.push(index)
      const element: unknown = value[index]
      result[index] = element === null ? (typeof absent === 'function' ? absent() : absent) : decode(element, context)
      path.pop()
    }
    return result
  }
}

function zeroElement(of: TypeRef, registry: SchemaRegistry): () => unknown {
  return zeroOf({ name: '', type: of, required: true }, registry) ?? (() => null)
}

/** Keys come out sorted, as Go writes them. */
function mapOf(of: TypeRef, registry: SchemaRegistry, custom: boolean): Decode {
  const decode = decodeOf(of, registry, custom)
  const absent = zeroElement(of, registry)
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (custom) return value
      throw mismatch(value, goType({ kind: 'map', of }), context)
    }
    const input = value as Json
    const { path } = context
    const result: Json = {}
    for (const key of sortedKeys(input)) {
      const element = input[key]
      path.push({ key })
      set(result, key, element === null ? (custom ? null : absent()) : decode(element, context))
      path.pop()
    }
    return result
  }
}

/** A key from outside may be `__proto__`, which plain assignment would take for the prototype. */
export function set(target: Json, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

const checked =
  <T>(is: (value: unknown) => value is T, goName: string, change?: (value: T) => unknown): Decode =>
  (value, context) => {
    if (!is(value)) throw mismatch(value, goName, context)
    return change ? change(value) : value
  }

const isString = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isQuantity = (value: unknown): value is string | number => isString(value) || isNumber(value)
const isIntOrString = (value: unknown): value is string | number => isString(value) || isInt32(value)
const asIs: Decode = (value) => value

const scalars: Record<Exclude<TypeRef['kind'], 'ref' | 'list' | 'map'>, Decode> = {
  string: checked(isString, 'string'),
  boolean: checked(isBoolean, 'bool'),
  int32: checked(isInt32, 'int32'),
  int64: checked(isInt64, 'int64'),
  double: checked(isNumber, 'float64'),
  bytes: checked(isString, '[]uint8', canonicalBytes),
  quantity: checked(isQuantity, 'resource.Quantity', decodeQuantity),
  intOrString: checked(isIntOrString, 'intstr.IntOrString'),
  time: checked(isString, 'v1.Time', canonicalTime),
  microTime: checked(isString, 'v1.MicroTime', canonicalMicroTime),
  duration: checked(isString, 'v1.Duration'),
  any: asIs,
  fieldsV1: asIs,
  rawExtension: asIs,
}

function goType(type: TypeRef): string {
  switch (type.kind) {
    case 'list':
      return `[]${goType(type.of)}`
    case 'map':
      return `map[string]${goType(type.of)}`
    case 'ref':
      return `v1.${shortName(type.name)}`
    default:
      return goScalars[type.kind] ?? type.kind
  }
}

const goScalars: Partial<Record<TypeRef['kind'], string>> = {
  boolean: 'bool',
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
}

function mismatch(value: unknown, goName: string, { path, owner }: DecodeContext): DecodeError {
  const field = path.filter((part) => typeof part === 'string').join('.')
  const place = field === '' ? 'Go value' : `Go struct field ${owner}.${field}`
  return new DecodeError(`json: cannot unmarshal ${jsonType(value)} into ${place} of type ${goName}`)
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2147483648 ? 'number' : `number ${value}`
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** `spec.containers[0].name`. */
export function pathOf(path: readonly PathStep[]): string {
  let text = ''
  for (const step of path) {
    const part = typeof step === 'object' ? step.key : step
    text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`
  }
  return text
}
