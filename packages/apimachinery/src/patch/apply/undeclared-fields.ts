import type { SchemaRegistry, TypeRef } from '../../schema.ts'
import { isObject } from '../json-object.ts'

/** Fields of a configuration that its type does not have, told as upstream does: an applier must mean what it says. */
export function undeclaredFields(config: unknown, name: string, registry: SchemaRegistry): string[] {
  return walk(config, { kind: 'ref', name }, { path: '', keys: [], registry })
}

interface Place {
  path: string
  /** What names an element of the list whose elements come next. */
  keys: readonly string[]
  registry: SchemaRegistry
}

function walk(value: unknown, type: TypeRef, place: Place): string[] {
  const { path, keys, registry } = place
  if (type.kind === 'list')
    return (Array.isArray(value) ? value : []).flatMap((element, index) =>
      walk(element, type.of, { path: path + elementPath(element, index, keys), keys: [], registry }),
    )
  if (!isObject(value)) return []
  if (type.kind === 'map')
    return Object.entries(value).flatMap(([key, element]) =>
      walk(element, type.of, { path: `${path}.${key}`, keys: [], registry }),
    )
  if (type.kind !== 'ref') return []
  const { fields, preserveUnknownFields } = registry.type(type.name)
  return Object.entries(value).flatMap(([key, member]) => {
    const field = fields.get(key)
    const below = `${path}.${key}`
    if (field) return walk(member, field.type, { path: below, keys: field.listMapKeys ?? [], registry })
    return preserveUnknownFields ? [] : [`${below}: field not declared in schema`]
  })
}

function elementPath(element: unknown, index: number, keys: readonly string[]): string {
  if (keys.length === 0 || !isObject(element)) return `[${index}]`
  const named = keys.filter((key) => element[key] !== undefined)
  return `[${named.map((key) => `${key}=${JSON.stringify(element[key])}`).join(',')}]`
}
