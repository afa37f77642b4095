import type { SchemaRegistry, TypeRef } from '../../schema.ts'
import { decodeAlternatives } from './alternatives.ts'
import { isShape, type MessageShape, type PlacedField, shapeOf } from './message-shape.ts'
import { fieldsOf, ProtobufError, signed, type WireValue } from './reader.ts'
import { decodeDuration, decodeIntOrString, decodeQuantity, decodeRaw, decodeTime } from './special-types.ts'

type Members = Record<string, unknown>

/** A message as the JSON it stands for: what Go would have left out is not there. Fields that the schema lacks are dropped. */
export function decodeMessage(bytes: Buffer, name: string, registry: SchemaRegistry): Members {
  const object: Members = {}
  decodeInto(object, { bytes, shape: shapeOf(name, registry), registry })
  return object
}

interface Message {
  bytes: Buffer
  shape: MessageShape
  registry: SchemaRegistry
}

function decodeInto(object: Members, { bytes, shape, registry }: Message): void {
  for (const { number, value } of fieldsOf(bytes)) {
    const member = shape.members.get(number)
    if (!member) continue
    if (isShape(member)) decodeInto(object, { bytes: bytesOf(value), shape: member, registry })
    else decodeField(object, member, value, registry)
  }
}

function decodeField(object: Members, field: PlacedField, value: WireValue, registry: SchemaRegistry): void {
  const { name, type, alternatives } = field
  if (alternatives) {
    const decodeSchema = (schema: WireValue) => decodeMessage(bytesOf(schema), alternatives.of, registry)
    object[name] = decodeAlternatives(alternatives.are, bytesOf(value), decodeSchema)
  } else if (type.kind === 'list') {
    object[name] ??= []
    const list = object[name] as unknown[]
    list.push(decodeValue(type.of, value, registry))
  } else if (type.kind === 'map') {
    const [key, entry] = mapEntry(type.of, bytesOf(value), registry)
    object[name] = { ...(object[name] as Members), [key]: entry }
  } else {
    const decoded = decodeValue(type, value, registry)
    if (decoded !== undefined && !(isEmpty(decoded) && field.omitEmpty && !field.pointer)) object[name] = decoded
  }
}

const isEmpty = (value: unknown): boolean => value === '' || value === 0 || value === false

function mapEntry(type: TypeRef, bytes: Buffer, registry: SchemaRegistry): [key: string, value: unknown] {
  let key = ''
  let found: unknown = type.kind === 'list' ? [] : type.kind === 'bytes' || type.kind === 'string' ? '' : undefined
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) key = bytesOf(value).toString()
    if (number !== 2) continue
    // A list in a map is a message around it.
    if (type.kind === 'list')
      found = [...fieldsOf(bytesOf(value))].map((item) => decodeValue(type.of, item.value, registry))
    else found = decodeValue(type, value, registry)
  }
  // The zero time has no other form where an entry must be.
  return [key, found ?? null]
}

function decodeValue(type: TypeRef, value: WireValue, registry: SchemaRegistry): unknown {
  switch (type.kind) {
    case 'string':
      return bytesOf(value).toString()
    case 'bytes':
      return bytesOf(value).toString('base64')
    case 'boolean':
      return numberOf(value) !== 0
    case 'int32':
    case 'int64':
      return numberOf(value)
    case 'double':
      if (value.kind !== 'fixed64') throw wrongType()
      return value.value.readDoubleLE()
    case 'quantity':
      return decodeQuantity(bytesOf(value))
    case 'intOrString':
      return decodeIntOrString(bytesOf(value))
    case 'time':
      return decodeTime(bytesOf(value), { micro: false })
    case 'microTime':
      return decodeTime(bytesOf(value), { micro: true })
    case 'duration':
      return decodeDuration(bytesOf(value))
    case 'any':
    case 'fieldsV1':
    case 'rawExtension':
      return decodeRaw(bytesOf(value))
    case 'ref':
      return decodeMessage(bytesOf(value), type.name, registry)
    default:
      throw new ProtobufError(`proto: a ${type.kind} within a list`)
  }
}

const wrongType = (): ProtobufError => new ProtobufError('proto: wrong wireType')

function bytesOf(value: WireValue): Buffer {
  if (value.kind !== 'bytes') throw wrongType()
  return value.value
}

function numberOf(value: WireValue): number {
  if (value.kind !== 'varint') throw wrongType()
  return signed(value.value)
}
