import { duplicate, type FieldError, invalidValue } from '@tandem/apimachinery'
import { isMembers, type Members } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema } from './json-schema.ts'

/** Sets hold nothing twice, and no two elements of a map have the same keys. */
export function listFaults(value: unknown, schema: Schema | undefined, field = ''): FieldError[] {
  if (!schema) return []
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return [
      ...repeated(value, schema, field),
      ...(items ? value.flatMap((item, index) => listFaults(item, items, `${field}[${index}]`)) : []),
    ]
  }
  if (!isMembers(value)) return []
  const additional = additionalOf(schema)
  return Object.entries(value).flatMap(([name, member]) => {
    const property = propertyOf(schema, name)
    if (property) return listFaults(member, property, field ? `${field}.${name}` : name)
    return additional ? listFaults(member, additional, `${field}[${name}]`) : []
  })
}

function repeated(list: readonly unknown[], schema: Schema, field: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'set') return repeatedOf(list, list, field)
  if (listType !== 'map') return []
  const odd = list.findIndex((item) => item !== null && !isMembers(item))
  if (odd >= 0) return [invalidValue(`${field}[${odd}]`, list[odd], 'must be an object for an array of list-type map')]
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  const keys = list.map((item) => keysOf((item ?? {}) as Members, names))
  return repeatedOf(keys, keys, field)
}

const keysOf = (item: Members, names: readonly string[]): Members =>
  Object.fromEntries(names.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]]))

/** The second of each that is there more than once. */
function repeatedOf(list: readonly unknown[], shown: readonly unknown[], field: string): FieldError[] {
  const seen = new Map<string, number>()
  return list.flatMap((value, index) => {
    const text = canonical(value)
    const times = seen.get(text) ?? 0
    seen.set(text, times + 1)
    return times === 1 ? [duplicate(`${field}[${index}]`, shown[index])] : []
  })
}

/** Members in order, so that equal values are equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    isMembers(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  ) ?? ''
