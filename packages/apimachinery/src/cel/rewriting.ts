import type { ASTNode } from '@marcbachmann/cel-js'

/** A part of an expression and what is to stand in its place. */
export interface Edit {
  start: number
  end: number
  text: string
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value

const childrenOf = (args: unknown): ASTNode[] =>
  Array.isArray(args) ? args.flatMap(childrenOf) : isNode(args) ? [args] : []

/** Says of a node what it is to be replaced with, if anything: something that needs no replacing. */
export type EditOf = (node: ASTNode) => Edit | undefined

/** Replaces, from the inside to the outside, until there is nothing to replace. */
export function rewrite(source: string, parse: (source: string) => ASTNode, editOf: EditOf): string {
  const edit = firstEdit(parse(source), editOf)
  return edit ? rewrite(source.slice(0, edit.start) + edit.text + source.slice(edit.end), parse, editOf) : source
}

function firstEdit(node: ASTNode, editOf: EditOf): Edit | undefined {
  for (const child of childrenOf(node.args)) {
    const edit = firstEdit(child, editOf)
    if (edit) return edit
  }
  return editOf(node)
}

const textOf = (node: ASTNode): string => node.input.slice(node.range.start, node.range.end)

/** The name under which `matches` is evaluated in linear time. */
export const linearMatches = 'matchesRe2'

/** Every `matches` with the engine that takes linear time, whatever the pattern is. */
export const toLinearMatches: EditOf = (node) => {
  if (node.op !== 'rcall' || node.args[0] !== 'matches') return undefined
  const start = node.input.indexOf('matches', node.args[1].range.end)
  return { start, end: start + 'matches'.length, text: linearMatches }
}

/** cel-js takes only plain names in `has`; of what an index yields, it is asked whether the map has the key. */
export const toKeyInsteadOfHas: EditOf = (node) => {
  if (node.op !== 'call' || node.args[0] !== 'has') return undefined
  const [selected] = node.args[1]
  if (selected?.op !== '.' || !isIndexed(selected.args[0])) return undefined
  const [map, name] = selected.args
  return { ...node.range, text: `(${JSON.stringify(name)} in (${textOf(map)}))` }
}

const isIndexed = (node: ASTNode): boolean => node.op === '[]' || (node.op === '.' && isIndexed(node.args[0]))

/** The values of a format may be of many types, as those of no other list may. */
export const toMixedFormat: EditOf = (node) => {
  if (node.op !== 'rcall' || node.args[0] !== 'format') return undefined
  const [values] = node.args[2]
  if (values?.op !== 'list') return undefined
  const plain = values.args.find((value) => value.op !== 'call' || value.args[0] !== 'dyn')
  return plain && { ...plain.range, text: `dyn(${textOf(plain)})` }
}

const ofAnyType = new Set(['sum', 'min', 'max'])

/** What yields one of a list, where the types of lists are not known before they are there. */
export const anyTypeName = (name: string): string => `${name}OfAnyType`
export const toAnyType: EditOf = (node) => {
  if (node.op !== 'rcall' || !ofAnyType.has(node.args[0])) return undefined
  const name = node.args[0]
  const start = node.input.indexOf(name, node.args[1].range.end)
  return { start, end: start + name.length, text: anyTypeName(name) }
}
