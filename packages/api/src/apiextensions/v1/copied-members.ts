import { set } from '@tandem/apimachinery/decode/decoder'

export type Members = Record<string, unknown>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const leftOut = Symbol('left out')

/** An object with each member changed or left out. The very object when every member stays the same. */
export function mapMembers(value: Members, change: (name: string, member: unknown) => unknown): Members {
  let changed: Members | undefined
  for (const name in value) {
    const before = value[name]
    const after = change(name, before)
    if (after === before) continue
    changed ??= { ...value }
    if (after === leftOut) delete changed[name]
    else set(changed, name, after)
  }
  return changed ?? value
}

/** A list with each item changed. The very list when every item stays the same. */
export function mapItems(value: readonly unknown[], change: (item: unknown, index: number) => unknown): unknown[] {
  let changed: unknown[] | undefined
  for (const [index, before] of value.entries()) {
    const after = change(before, index)
    if (after === before) continue
    changed ??= [...value]
    changed[index] = after
  }
  return changed ?? (value as unknown[])
}
