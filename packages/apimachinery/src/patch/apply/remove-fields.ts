import { set } from '../../decode/decoder.ts'
import type { SchemaRegistry, TypeSchema } from '../../schema.ts'
import { isObject, type Json } from '../json-object.ts'
import { emptyFieldSet, type FieldSet, isMember } from './field-set.ts'
import { elementNames, fieldElement, type Structure, structureOfElement, structureOfField } from './structure.ts'

export interface RemoveOptions {
  object: Json
  schema: TypeSchema
  registry: SchemaRegistry
  /** What the applier owned before. */
  last: FieldSet
  /** What anybody owns now, the applier's new configuration included. */
  owned: FieldSet
}

/** Takes out what an applier has dropped from its configuration and nobody else owns. Fields that nobody ever applied stay. */
export function removeDropped({ object, schema, registry, last, owned }: RemoveOptions): Json {
  const result: Json = {}
  // What makes the object this one (its name, its uid) is in no set, and nobody can drop it.
  const everOwned = { ...owned, 'f:metadata': owned['f:metadata'] ?? emptyFieldSet }
  for (const name in object) {
    const structure = structureOfField(schema, name, object[name], registry)
    const kept = keep({
      value: object[name],
      structure,
      element: fieldElement(name),
      last,
      owned: everOwned,
      registry,
      named: true,
    })
    if (kept !== dropped) result[name] = kept
  }
  return result
}

const dropped = Symbol('dropped')

interface Visit {
  value: unknown
  structure: Structure
  element: string
  last: FieldSet | undefined
  owned: FieldSet | undefined
  registry: SchemaRegistry
  /** A field of a struct belongs to whoever owns anything below it; an entry or element to whom it was given itself. */
  named: boolean
}

function keep({ value, structure, element, last, owned, registry, named }: Visit): unknown {
  const lastHere = child(last, element)
  if (!lastHere) return value
  const ownedHere = child(owned, element)
  const isOwned = ownedHere !== undefined && (named || isMember(ownedHere))
  if (!isOwned && (named || isMember(lastHere))) return dropped
  return structure.kind === 'leaf' ? value : keepBelow(value, structure, lastHere, ownedHere, registry)
}

const child = (set: FieldSet | undefined, element: string): FieldSet | undefined =>
  set && Object.hasOwn(set, element) ? set[element] : undefined

function keepBelow(
  value: unknown,
  structure: Exclude<Structure, { kind: 'leaf' }>,
  last: FieldSet,
  owned: FieldSet | undefined,
  registry: SchemaRegistry,
): unknown {
  const rest = { last, owned, registry }
  if (structure.kind === 'struct' || structure.kind === 'map') {
    if (!isObject(value)) return value
    const result: Json = {}
    for (const name in value) {
      const below =
        structure.kind === 'struct'
          ? structureOfField(structure.schema, name, value[name], registry)
          : structureOfElement(structure.of, value[name], registry)
      const named = structure.kind === 'struct' && structure.schema.fields.has(name)
      const kept = keep({ ...rest, value: value[name], structure: below, element: fieldElement(name), named })
      if (kept !== dropped) set(result, name, kept)
    }
    return result
  }
  if (!Array.isArray(value)) return value
  const names = elementNames(value, structure)
  return value.flatMap((element, index) => {
    const below = structureOfElement(structure.of, element, registry)
    const kept = keep({ ...rest, value: element, structure: below, element: names[index] ?? '', named: false })
    return kept === dropped ? [] : [kept]
  })
}
