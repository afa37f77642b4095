import { isDeepStrictEqual } from 'node:util'
import { RE2JS } from 're2js'
import type { Implementations } from './implementations.ts'
import { linearMatches } from './rewriting.ts'

const found = (text: string, pattern: string, limit: number): string[] => {
  const matcher = RE2JS.compile(pattern).matcher(text)
  const matches: string[] = []
  while ((limit < 0 || matches.length < limit) && matcher.find()) matches.push(matcher.group() ?? '')
  return matches
}

const has = (list: readonly unknown[], value: unknown): boolean => list.some((item) => isDeepStrictEqual(item, value))

export const textAndListFunctions: Implementations = {
  [`string.${linearMatches}(string): bool`]: (text: string, pattern: string) =>
    RE2JS.compile(pattern).matcher(text).find(),
  'string.find(string): string': (text: string, pattern: string) => found(text, pattern, 1)[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) => found(text, pattern, -1),
  'string.findAll(string, int): list<string>': (text: string, pattern: string, limit: bigint) =>
    found(text, pattern, Number(limit)),
  'string.charAt(int): string': (text: string, index: bigint) => [...text][Number(index)] ?? '',
  'string.replace(string, string): string': (text: string, from: string, to: string) => text.replaceAll(from, () => to),
  'SetsNamespace.contains(list<A>, list<A>): bool': (_: unknown, a: unknown[], b: unknown[]) =>
    b.every((item) => has(a, item)),
  'SetsNamespace.equivalent(list<A>, list<A>): bool': (_: unknown, a: unknown[], b: unknown[]) =>
    a.every((item) => has(b, item)) && b.every((item) => has(a, item)),
  'SetsNamespace.intersects(list<A>, list<A>): bool': (_: unknown, a: unknown[], b: unknown[]) =>
    a.some((item) => has(b, item)),
}
