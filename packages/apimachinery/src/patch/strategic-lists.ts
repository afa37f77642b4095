import { isObject } from './json-object.ts'

export interface ListOrder {
  /** The order that must hold among the elements it names. */
  leading: readonly unknown[]
  /** The order of the live list: where its other elements go, as well as can be. */
  live: readonly unknown[]
  /** The merge key; elements without one are compared as they are. */
  key: string | undefined
}

/**
 * Puts a merged list in order: those that `leading` names as it names them, the rest as in the live list, each placed before the first
 * that follows it there.
 */
export function inOrder<T>(merged: readonly T[], { leading, live, key }: ListOrder): T[] {
  const nameOf = (element: unknown): string => JSON.stringify(key && isObject(element) ? element[key] : element)
  const [leadingAt, liveAt] = [positions(leading.map(nameOf)), positions(live.map(nameOf))]
  const byPosition = (at: ReadonlyMap<string, number>) => (a: T, b: T) =>
    (at.get(nameOf(a)) ?? at.size) - (at.get(nameOf(b)) ?? at.size)
  const named = merged.filter((element) => leadingAt.has(nameOf(element))).sort(byPosition(leadingAt))
  const rest = merged.filter((element) => !leadingAt.has(nameOf(element))).sort(byPosition(liveAt))
  const result: T[] = []
  let next = 0
  for (const element of named) {
    const place = liveAt.get(nameOf(element))
    for (let other = rest[next]; other !== undefined && place !== undefined; other = rest[++next]) {
      if ((liveAt.get(nameOf(other)) ?? Infinity) > place) break
      result.push(other)
    }
    result.push(element)
  }
  return [...result, ...rest.slice(next)]
}

const positions = (names: readonly string[]): Map<string, number> => new Map(names.map((name, index) => [name, index]))

export interface WithoutDirectivesOptions {
  /** In a new element of a list, an object that `$patch` marks stays, without the mark. */
  keepMarked: boolean
}

/**
 * A part of the patch that meets nothing in the object: its nulls mean nothing there, and what a directive marks goes.
 * Undefined when nothing is left.
 */
export function withoutDirectives(patch: unknown, options: WithoutDirectivesOptions = { keepMarked: false }): unknown {
  if (Array.isArray(patch))
    return patch.map((element) => withoutDirectives(element)).filter((element) => element !== undefined)
  if (!isObject(patch)) return patch
  if ('$patch' in patch && !options.keepMarked) return undefined
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key, value]) => value !== null && !isDirective(key))
      .map(([key, value]) => [key, withoutDirectives(value, options)])
      .filter(([, value]) => value !== undefined),
  )
}

const isDirective = (key: string): boolean =>
  key === '$patch' ||
  key === '$retainKeys' ||
  key.startsWith('$setElementOrder/') ||
  key.startsWith('$deleteFromPrimitiveList/')
