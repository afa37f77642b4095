import type { FieldSchema, SchemaRegistry, TypeSchema } from '../../schema.ts'

/** A type as protobuf nests it: JSON inlines some messages that protobuf does not. */
export interface MessageShape {
  readonly members: ReadonlyMap<number, FieldSchema | MessageShape>
}

const shapes = new WeakMap<TypeSchema, MessageShape>()

export function shapeOf(name: string, registry: SchemaRegistry): MessageShape {
  const type = registry.type(name)
  const known = shapes.get(type)
  if (known) return known
  const root: NestedShape = { members: new Map() }
  for (const field of type.fields.values()) if (field.number !== undefined) place(root, field, field.within ?? [])
  const shape = sorted(root)
  shapes.set(type, shape)
  return shape
}

export const isShape = (member: FieldSchema | MessageShape): member is MessageShape => 'members' in member

interface NestedShape {
  members: Map<number, FieldSchema | NestedShape>
}

function place(shape: NestedShape, field: FieldSchema, within: readonly number[]): void {
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
