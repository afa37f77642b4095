import { isMembers, leftOut, mapItems, mapMembers } from './copied-members.ts'
import { additionalOf, describesOthers, itemsOf, propertyOf, type Schema } from './json-schema.ts'

const resourceFields = new Set(['apiVersion', 'kind', 'metadata'])

interface Pruning {
  path: string
  /** Paths of what is left out. */
  unknown: string[]
}

/** A resource without the fields that its schema does not know; where they were is added to `unknown`, in order. */
export function prunedResource(value: Record<string, unknown>, schema: Schema, unknown: string[] = []) {
  const found: string[] = []
  const root = { ...schema, 'x-kubernetes-embedded-resource': true }
  const pruned = prune(value, root, { path: '', unknown: found }) as Record<string, unknown>
  unknown.push(...found.sort())
  return pruned
}

/** Any value without the fields that its schema does not know. */
export const pruned = (value: unknown, schema: Schema | undefined): unknown =>
  prune(value, schema, { path: '', unknown: [] })

function prune(value: unknown, schema: Schema | undefined, pruning: Pruning): unknown {
  const { path, unknown } = pruning
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema)
    if (schema && !items && preserves(schema)) return value
    return mapItems(value, (item, index) => prune(item, items, { path: `${path}[${index}]`, unknown }))
  }
  if (!isMembers(value)) return value
  return mapMembers(value, (name, member) => {
    if (schema?.['x-kubernetes-embedded-resource'] && resourceFields.has(name)) return member
    const below = { path: path ? `${path}.${name}` : name, unknown }
    const property = schema && propertyOf(schema, name)
    if (property) return prune(member, property, below)
    if (schema && describesOthers(schema)) return prune(member, additionalOf(schema), below)
    if (schema && preserves(schema)) return member
    unknown.push(below.path)
    return leftOut
  })
}

const preserves = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true
