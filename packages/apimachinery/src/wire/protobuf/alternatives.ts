import { fieldsOf, type WireValue } from './reader.ts'
import { Writer } from './writer.ts'

/** A field that is one thing or another in JSON, and in protobuf a message with a field for each. */
export type Alternatives = 'schema or list' | 'schema or boolean'

const jsonSchema = /\.apiextensions\.v\d+\.JSONSchemaProps$/
const fields: Readonly<Record<string, Alternatives>> = {
  items: 'schema or list',
  additionalItems: 'schema or boolean',
  additionalProperties: 'schema or boolean',
}

/** JSON schemas are the one type that has such fields. */
export const alternativesOf = (type: string, field: string): Alternatives | undefined =>
  jsonSchema.test(type) ? fields[field] : undefined

export function encodeAlternatives(
  alternatives: Alternatives,
  value: unknown,
  encodeSchema: (schema: unknown) => Buffer,
): Buffer {
  const writer = new Writer()
  if (alternatives === 'schema or boolean') {
    writer.varint(1, value !== false)
    if (typeof value === 'object') writer.bytes(2, encodeSchema(value))
  } else if (Array.isArray(value)) for (const schema of value) writer.bytes(2, encodeSchema(schema))
  else writer.bytes(1, encodeSchema(value))
  return writer.finish()
}

export function decodeAlternatives(
  alternatives: Alternatives,
  bytes: Buffer,
  decodeSchema: (value: WireValue) => unknown,
): unknown {
  const found = [...fieldsOf(bytes)]
  const first = found.find(({ number }) => number === 1)?.value
  const seconds = found.filter(({ number }) => number === 2).map(({ value }) => decodeSchema(value))
  if (alternatives === 'schema or list') return first ? decodeSchema(first) : seconds
  return seconds[0] ?? (first?.kind === 'varint' && first.value !== 0n)
}
