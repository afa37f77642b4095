import { set } from '@tandem/apimachinery/decode/decoder'
import { isMembers, leftOut, type Members, mapItems, mapMembers } from './copied-members.ts'
import { additionalOf, itemsOf, propertyOf, type Schema } from './json-schema.ts'

/** A null that nobody may write counts as nothing: a default takes its place, or it goes. */
const isNothing = (value: unknown, schema: Schema | undefined): boolean =>
  value === null && schema !== undefined && schema.nullable !== true

/** The value with defaults where it has nothing. */
export function defaulted(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return mapItems(value, (item) => defaulted(isNothing(item, items) ? defaultOf(items) : item, items))
  }
  if (!isMembers(value)) return value
  const additional = additionalOf(schema)
  return mapMembers(withMissing(value, schema), (name, member) => {
    const property = propertyOf(schema, name)
    if (property || !additional) return defaulted(member, property)
    return defaulted(isNothing(member, additional) ? defaultOf(additional) : member, additional)
  })
}

const defaultOf = (schema: Schema | undefined): unknown =>
  schema?.default === undefined ? null : structuredClone(schema.default)

function withMissing(value: Members, schema: Schema): Members {
  let filled: Members | undefined
  for (const [name, property] of namedDefaults(schema)) {
    if (Object.hasOwn(value, name) && !isNothing(value[name], property)) continue
    filled ??= { ...value }
    set(filled, name, structuredClone(property.default))
  }
  return filled ?? value
}

const known = new WeakMap<Schema, [string, Schema][]>()

/** Schemas do not change, and few of their properties have defaults. */
function namedDefaults(schema: Schema): [string, Schema][] {
  let found = known.get(schema)
  if (!found) {
    found = Object.entries(schema.properties ?? {}).filter(
      ([, property]) => property.default !== undefined && property.default !== null,
    )
    known.set(schema, found)
  }
  return found
}

/** The value without nulls that nobody may write and that no default replaces. */
export function withoutNulls(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return mapItems(value, (item) => withoutNulls(item, items))
  }
  if (!isMembers(value)) return value
  return mapMembers(value, (name, member) => {
    const property = propertyOf(schema, name) ?? additionalOf(schema)
    return isNothing(member, property) && (property?.default ?? null) === null
      ? leftOut
      : withoutNulls(member, property)
  })
}
