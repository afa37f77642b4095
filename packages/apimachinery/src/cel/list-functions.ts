import { isDeepStrictEqual } from 'node:util'
import { formatText } from './format-text.ts'
import type { Implementations } from './implementations.ts'
import { anyTypeName } from './rewriting.ts'

type Ordered = bigint | number | string | boolean | Date

export const order = (a: unknown, b: unknown): number =>
  (a as Ordered) < (b as Ordered) ? -1 : (a as Ordered) > (b as Ordered) ? 1 : 0

function extreme(values: readonly unknown[], which: 'min' | 'max'): unknown {
  if (values.length === 0) throw new Error(`${which} called on empty list`)
  return values.reduce((best, value) => (order(value, best) < 0 === (which === 'min') ? value : best))
}

const flattened = (values: readonly unknown[], depth: number): unknown[] =>
  depth < 1 ? [...values] : values.flatMap((value) => (Array.isArray(value) ? flattened(value, depth - 1) : [value]))

const longestRange = 1_000_000n

const range = (length: bigint): bigint[] => {
  if (length > longestRange) throw new Error(`range of ${length} is too large`)
  return Array.from({ length: Math.max(0, Number(length)) }, (_, index) => BigInt(index))
}

/** The first `times` of what is replaced; all of them where it is below zero. */
function replaced(text: string, from: string, to: string, times: bigint): string {
  const parts = text.split(from)
  if (times < 0n || BigInt(parts.length) - 1n <= times) return parts.join(to)
  const head = parts.slice(0, Number(times) + 1).join(to)
  return [head, ...parts.slice(Number(times) + 1)].join(from)
}

const sum = (list: readonly number[]): unknown =>
  list.length === 0 ? 0n : list.reduce((total, value) => total + value)
const min = (list: readonly unknown[]): unknown => extreme(list, 'min')
const max = (list: readonly unknown[]): unknown => extreme(list, 'max')

export const listFunctions: Implementations = {
  [`list<dyn>.${anyTypeName('sum')}(): dyn`]: sum,
  [`list<dyn>.${anyTypeName('min')}(): dyn`]: min,
  [`list<dyn>.${anyTypeName('max')}(): dyn`]: max,
  'string.replace(string, string, int): string': replaced,
  'string.format(list<dyn>): string': formatText,
  'StringsNamespace.quote(string): string': (_: unknown, text: string) => JSON.stringify(text),
  'list<A>.indexOf(A): int': (list: unknown[], value: unknown) =>
    BigInt(list.findIndex((each) => isDeepStrictEqual(each, value))),
  'list<A>.lastIndexOf(A): int': (list: unknown[], value: unknown) =>
    BigInt(list.findLastIndex((each) => isDeepStrictEqual(each, value))),
  'list<A>.isSorted(): bool': (list: unknown[]) =>
    list.every((value, index) => index === 0 || order(list[index - 1], value) <= 0),
  'list<A>.sum(): A': sum,
  'list<A>.min(): A': min,
  'list<A>.max(): A': max,
  'list<A>.slice(int, int): list<A>': (list: unknown[], from: bigint, to: bigint) =>
    list.slice(Number(from), Number(to)),
  'list<dyn>.flatten(): list<dyn>': (list: unknown[]) => flattened(list, 1),
  'list<dyn>.flatten(int): list<dyn>': (list: unknown[], depth: bigint) => flattened(list, Number(depth)),
  'list<A>.sort(): list<A>': (list: unknown[]) => list.toSorted(order),
  'list<A>.distinct(): list<A>': (list: unknown[]) =>
    list.filter((value, index) => list.findIndex((each) => isDeepStrictEqual(each, value)) === index),
  'list<A>.reverse(): list<A>': (list: unknown[]) => list.toReversed(),
  'ListsNamespace.range(int): list<int>': (_: unknown, length: bigint) => range(length),
  'JsonpatchNamespace.escapeKey(string): string': (_: unknown, key: string) =>
    key.replaceAll('~', '~0').replaceAll('/', '~1'),
}
