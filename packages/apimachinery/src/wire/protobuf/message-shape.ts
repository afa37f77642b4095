import type { FieldSchema, SchemaRegistry, TypeSchema } from '../../schema.ts'
import { type Alternatives, alternativesOf } from './alternatives.ts'

/** A type as protobuf nests it: JSON inlines some messages that protobuf does not. */
export interface MessageShape {
  readonly members: ReadonlyMap<number, PlacedField | MessageShape>
}

export interface PlacedField extends FieldSchema {
  /** Of a field that may be one thing or another, with the type that both are made of. */
  readonly alternatives?: { readonly are: Alternatives; readonly of: string }
}

const shapes = new WeakMap<TypeSchema, MessageShape>()

export function shapeOf(name: string, registry: SchemaRegistry): MessageShape {
  const type = registry.type(name)
  const known = shapes.get(type)
  if (known) return known
  const root: NestedShape = { members: new Map() }
  for (const field of type.fields.values()) {
    const are = alternativesOf(name, field.name)
    const placed = are ? { ...field, alternatives: { are, of: name } } : field
    if (field.number !== undefined) place(root, placed, field.within ?? [])
  }
  const shape = sorted(root)
  shapes.set(type, shape)
  return shape
}

export const isShape = (member: PlacedField | MessageShape): member is MessageShape => 'members' in member

interface NestedShape {
  members: Map<number, PlacedField | NestedShape>
}

function place(shape: NestedShape, field: PlacedField, within: readonly number[]): void {
  const [outer, ...inner] = within
  if (outer === undefined) {
    shape.members.set(field.number as number, field)
    return
  }
  const nested = shape.members.get(outer)
  const next: NestedShape = nested && 'members' in nested ? nested : { members: new Map() }
  shape.members.set(outer, next)
  place(next, field, inner)
}

const sorted = ({ members }: NestedShape): MessageShape => ({
  members: new Map(
    [...members]
      .sort(([a], [b]) => a - b)
      .map(([number, member]) => [number, 'members' in member ? sorted(member) : member]),
  ),
})
