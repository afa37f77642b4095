import type { FieldSchema, SchemaRegistry, TypeRef, TypeSchema } from '@tandem/apimachinery'
import json from './table.json' with { type: 'json' }

/** `"<type> <protobuf number> <flags>"`; flags: r required, p pointer, e empty values are left out. */
type Entry = string | readonly [string, Partial<FieldSchema>]
/** The entry named "" is the structType of the type itself. */
const table = json as unknown as Readonly<Record<string, Readonly<Record<string, Entry>>>>

const prefix = 'io.k8s.'
const scalars = new Set<string>([
  'string',
  'boolean',
  'int32',
  'int64',
  'double',
  'bytes',
  'quantity',
  'intOrString',
  'time',
  'microTime',
  'duration',
  'any',
  'fieldsV1',
  'rawExtension',
])

function typeRef(text: string): TypeRef {
  if (text.startsWith('[]')) return { kind: 'list', of: typeRef(text.slice(2)) }
  if (text.startsWith('{}')) return { kind: 'map', of: typeRef(text.slice(2)) }
  if (scalars.has(text)) return { kind: text } as TypeRef
  return { kind: 'ref', name: text.replace('~', prefix) }
}

function fieldSchema(name: string, entry: Entry): FieldSchema {
  const [head, extras] = typeof entry === 'string' ? [entry, {}] : entry
  const [type = '', path = '-', flags = ''] = head.split(' ')
  const field: FieldSchema = { name, type: typeRef(type), required: flags.includes('r'), ...extras }
  const numbers = path.split('.')
  const number = numbers.pop()
  if (number !== '-') field.number = Number(number)
  if (numbers.length > 0) field.within = numbers.map(Number)
  if (flags.includes('p')) field.pointer = true
  if (flags.includes('e')) field.omitEmpty = true
  return field
}

function typeSchema(name: string, entries: Readonly<Record<string, Entry>>): TypeSchema {
  const { '': structType, ...fields } = entries
  return {
    name,
    fields: new Map(Object.entries(fields).map(([key, entry]) => [key, fieldSchema(key, entry)])),
    ...(structType === 'atomic' && { structType }),
  }
}

/** Every built-in type. A type is made when it is first asked for. */
class BuiltInSchema implements SchemaRegistry {
  readonly #made = new Map<string, TypeSchema>()

  has(name: string): boolean {
    return Object.hasOwn(table, name.replace(prefix, '~'))
  }

  names(): string[] {
    return Object.keys(table).map((name) => name.replace('~', prefix))
  }

  type(name: string): TypeSchema {
    const made = this.#made.get(name)
    if (made) return made
    const entries = table[name.replace(prefix, '~')]
    if (!entries) throw new Error(`no type ${name} in the schema`)
    const schema = typeSchema(name, entries)
    this.#made.set(name, schema)
    return schema
  }
}

export const builtInSchema = new BuiltInSchema()
