import { set } from '../decode/decoder.ts'
import { equalJson } from '../equality.ts'
import { badRequest, type StatusError } from '../errors.ts'
import type { FieldSchema, SchemaRegistry, TypeSchema } from '../schema.ts'
import { notApplicable } from './json.ts'
import { isObject, type Json } from './json-object.ts'
import { inOrder, withoutDirectives } from './strategic-lists.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const elementOrder = '$setElementOrder/'
const primitiveDeletion = '$deleteFromPrimitiveList/'

export interface StrategicPatchOptions {
  schema: string
  registry: SchemaRegistry
}

/**
 * Strategic merge patch: as a merge patch, but lists whose fields say so merge, by key or as sets, and directives in the patch delete,
 * replace and order. The object is not changed.
 */
export function applyStrategicPatch<T extends object>(object: T, patch: unknown, options: StrategicPatchOptions): T {
  if (!isObject(patch)) throw badRequest('Invalid JSON document')
  const { registry, schema } = options
  return new Merge(registry).objects(object as Json, patch, registry.type(schema)) as T
}

class Merge {
  readonly #registry: SchemaRegistry
  constructor(registry: SchemaRegistry) {
    this.#registry = registry
  }

  /** `schema` is absent where keys are free: labels. */
  objects(original: Json, patch: Json, schema: TypeSchema | undefined): Json {
    if (directive in patch) return directed(patch)
    const merged = retained(original, patch)
    const ordered = this.#orderedLists(merged, patch, schema)
    for (const key of Object.keys(patch)) {
      const value = patch[key]
      if (key === retainKeys || key.startsWith(elementOrder) || ordered.has(key)) continue
      if (key.startsWith(primitiveDeletion)) deleteFromList(merged, key.slice(primitiveDeletion.length), value)
      else if (value === null) delete merged[key]
      else this.#field(merged, key, value, schema)
    }
    return merged
  }

  #field(merged: Json, key: string, value: unknown, schema: TypeSchema | undefined): void {
    const previous = Object.hasOwn(merged, key) ? merged[key] : undefined
    const field = schema?.fields.get(key)
    const result = this.#value(previous, value, field)
    if (result === undefined) delete merged[key]
    else set(merged, key, result)
  }

  #value(original: unknown, patch: unknown, field: FieldSchema | undefined): unknown {
    if (isObject(original) && isObject(patch))
      return field?.patchStrategy?.includes('replace') ? patch : this.objects(original, patch, this.#typeOf(field))
    if (Array.isArray(original) && Array.isArray(patch))
      return field?.patchStrategy?.includes('merge') ? this.#lists(original, patch, field) : patch
    return withoutDirectives(patch)
  }

  /** The struct below a field: of itself, or of its elements. */
  #typeOf(field: FieldSchema | undefined): TypeSchema | undefined {
    const type = field?.type.kind === 'list' || field?.type.kind === 'map' ? field.type.of : field?.type
    if (field?.type.kind === 'map') return undefined
    return type?.kind === 'ref' ? this.#registry.type(type.name) : undefined
  }

  #lists(original: readonly unknown[], patch: readonly unknown[], field: FieldSchema): unknown[] {
    const sample = [...original, ...patch].find((element) => element !== null)
    if (Array.isArray(sample)) throw notApplicable()
    if (!isObject(sample)) return mergeScalars(original, patch)
    const key = field.patchMergeKey
    if (!key) throw badRequest(`cannot merge lists without merge key for ${field.name}`)
    const { kept, items, replaced } = separate(original, patch, key)
    if (replaced) return items.map((element) => withoutDirectives(element, { keepMarked: true }))
    const merged = this.#elements(kept, items, key, this.#typeOf(field))
    return inOrder(merged, { leading: items, live: kept, key })
  }

  #elements(original: readonly Json[], patch: readonly Json[], key: string, schema: TypeSchema | undefined): Json[] {
    const merged = [...original]
    for (const element of patch) {
      requireKey(element, key)
      const at = merged.findIndex((candidate) => equalJson(candidate[key], element[key]))
      const previous = merged[at]
      if (previous) merged[at] = this.objects(previous, element, schema)
      else merged.push(withoutDirectives(element, { keepMarked: true }) as Json)
    }
    return merged
  }

  /** Lists that come with `$setElementOrder`: merged, then put in that order. Returns which keys are done. */
  #orderedLists(merged: Json, patch: Json, schema: TypeSchema | undefined): Set<string> {
    const done = new Set<string>()
    for (const [name, order] of Object.entries(patch)) {
      if (!name.startsWith(elementOrder)) continue
      const key = name.slice(elementOrder.length)
      const [original, change] = [merged[key], patch[key]]
      if (!Array.isArray(order) || !isListOrAbsent(original) || !isListOrAbsent(change)) throw badOrder()
      if (!original && !change) continue
      const field = schema?.fields.get(key)
      checkOrder(change ?? [], order, field?.patchMergeKey)
      const result = change ? this.#value(original, change, field) : original
      if (!Array.isArray(result)) continue
      merged[key] = inOrder(result, { leading: order, live: original ?? [], key: field?.patchMergeKey })
      done.add(key)
    }
    return done
  }
}

const isListOrAbsent = (value: unknown): value is unknown[] | undefined => value === undefined || Array.isArray(value)
const badOrder = (): StatusError => badRequest('invalid patch format of setElementOrder list')

/** A patch with `$patch` at this level says what to do with all of it. */
function directed(patch: Json): Json {
  const { [directive]: what, ...rest } = patch
  if (what === 'replace') return rest
  if (what === 'delete') return {}
  throw badRequest(`unknown patch type: ${String(what)} in map: ${JSON.stringify(patch)}`)
}

/** `$retainKeys`: all other keys go, as when one member of a union takes the place of another. */
function retained(original: Json, patch: Json): Json {
  const keys = patch[retainKeys]
  if (keys === undefined) return { ...original }
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys')
  const retain = new Set<unknown>(keys)
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key === retainKeys || key.startsWith(primitiveDeletion) || key.startsWith(elementOrder))
      continue
    if (!retain.has(key)) throw badRequest('invalid patch format of retainKeys')
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => retain.has(key)))
}

function deleteFromList(merged: Json, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw badRequest('invalid patch format of primitive list')
  const original = merged[key]
  if (Array.isArray(original))
    merged[key] = original.filter((element) => !values.some((value) => equalJson(value, element)))
}

function mergeScalars(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  return inOrder([...new Set([...original, ...patch])], { leading: patch, live: original, key: undefined })
}

interface Separated {
  /** Live elements that no `$patch: delete` takes away. */
  kept: Json[]
  /** Elements of the patch that are no directives. */
  items: Json[]
  replaced: boolean
}

function separate(original: readonly unknown[], patch: readonly unknown[], key: string): Separated {
  let kept = original.filter(isObject)
  const items: Json[] = []
  let replaced = false
  for (const element of patch.filter(isObject)) {
    const what = element[directive]
    if (what === undefined) items.push(element)
    else if (what === 'replace') replaced = true
    else if (what === 'delete') {
      requireKey(element, key)
      kept = kept.filter((candidate) => !equalJson(candidate[key], element[key]))
    } else if (what === 'merge') throw badRequest('merging lists cannot yet be specified in the patch')
    else throw badRequest(`unknown patch type: ${String(what)} in map: ${JSON.stringify(element)}`)
  }
  return { kept, items, replaced }
}

function requireKey(element: Json, key: string): void {
  if (element[key] !== undefined) return
  const shown = Object.entries(element).map(([name, value]) => `${name}:${JSON.stringify(value)}`)
  throw badRequest(`map: map[${shown.join(' ')}] does not contain declared merge key: ${key}`)
}

/** The elements of the patch must come in the order that the directive names. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  const keyOf = (element: unknown): unknown => (key && isObject(element) ? element[key] : element)
  const items = patch.filter((element) => !(isObject(element) && directive in element))
  if (order.length === 0) return
  let at = 0
  for (const element of order) if (at < items.length && equalJson(keyOf(items[at]), keyOf(element))) at++
  if (at < items.length)
    throw badRequest(
      `The order in patch list:\n${JSON.stringify(patch)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
    )
}
