import type { SchemaRegistry, TypeRef } from '../../schema.ts'
import { encodeAlternatives } from './alternatives.ts'
import { isShape, type MessageShape, type PlacedField, shapeOf } from './message-shape.ts'
import { encodeDuration, encodeIntOrString, encodeQuantity, encodeRaw, encodeTime } from './special-types.ts'
import { Writer } from './writer.ts'

type Members = Readonly<Record<string, unknown>>

/** JSON as a message, byte for byte as Go writes it: what is no pointer there is written, even when it is nothing. */
export const encodeMessage = (object: Members, name: string, registry: SchemaRegistry): Buffer =>
  encodeShape(object, shapeOf(name, registry), registry)

function encodeShape(object: Members, shape: MessageShape, registry: SchemaRegistry): Buffer {
  const writer = new Writer()
  for (const [number, member] of shape.members)
    if (isShape(member)) writer.bytes(number, encodeShape(object, member, registry))
    else encodeField(writer, { number, field: member, value: object[member.name], registry })
  return writer.finish()
}

interface Value {
  number: number
  field: PlacedField
  value: unknown
  registry: SchemaRegistry
}

function encodeField(writer: Writer, { number, field, value, registry }: Value): void {
  const { type, pointer, alternatives } = field
  if (alternatives) {
    const encodeSchema = (schema: unknown) => encodeMessage(schema as Members, alternatives.of, registry)
    if (value !== undefined) writer.bytes(number, encodeAlternatives(alternatives.are, value, encodeSchema))
  } else if (type.kind === 'list') {
    for (const element of (value as unknown[] | undefined) ?? [])
      encodeValue(writer, { number, of: type.of, value: element, registry })
  } else if (type.kind === 'map')
    encodeMap(writer, { number, of: type.of, value: value as Members | undefined, registry })
  else if (value !== undefined && value !== null) encodeValue(writer, { number, of: type, value, registry })
  else if (!pointer) encodeNothing(writer, { number, of: type, registry })
}

function encodeMap(
  writer: Writer,
  {
    number,
    of,
    value = {},
    registry,
  }: { number: number; of: TypeRef; value: Members | undefined; registry: SchemaRegistry },
): void {
  for (const key of Object.keys(value).sort()) {
    const entry = new Writer()
    entry.string(1, key)
    if (of.kind === 'list') {
      const list = new Writer()
      for (const element of value[key] as unknown[])
        encodeValue(list, { number: 1, of: of.of, value: element, registry })
      entry.bytes(2, list.finish())
    } else encodeValue(entry, { number: 2, of, value: value[key], registry })
    writer.bytes(number, entry.finish())
  }
}

/** What a field that is no pointer holds when it holds nothing; those that are not here are empty messages. */
const nothing: Readonly<Record<string, unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
  duration: '0s',
  ref: {},
}

function encodeNothing(writer: Writer, { number, of, registry }: Omit<Encoding, 'value'>): void {
  if (of.kind === 'bytes') return
  const value = nothing[of.kind]
  if (value === undefined) writer.bytes(number, Buffer.alloc(0))
  else encodeValue(writer, { number, of, value, registry })
}

interface Encoding {
  number: number
  of: TypeRef
  value: unknown
  registry: SchemaRegistry
}

function encodeValue(writer: Writer, { number, of, value, registry }: Encoding): void {
  if (value === undefined || value === null) encodeNothing(writer, { number, of, registry })
  else if (of.kind === 'string') writer.string(number, value as string)
  else if (of.kind === 'boolean') writer.varint(number, value as boolean)
  else if (of.kind === 'int32' || of.kind === 'int64') writer.varint(number, value as number)
  else if (of.kind === 'double') writer.double(number, value as number)
  else writer.bytes(number, bytesOf(of, value, registry))
}

function bytesOf(type: TypeRef, value: unknown, registry: SchemaRegistry): Buffer {
  switch (type.kind) {
    case 'bytes':
      return Buffer.from(value as string, 'base64')
    case 'quantity':
      return encodeQuantity(value as string)
    case 'intOrString':
      return encodeIntOrString(value as number | string)
    case 'time':
    case 'microTime':
      return encodeTime(value as string)
    case 'duration':
      return encodeDuration(value as string)
    case 'any':
    case 'fieldsV1':
    case 'rawExtension':
      return encodeRaw(value)
    case 'ref':
      return encodeMessage(value as Members, type.name, registry)
    default:
      throw new Error(`a ${type.kind} within a list has no form in protobuf`)
  }
}
