import type { ASTNode } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'

export interface LiteralFault {
  message: string
  at: number
}

/** What is wrong with patterns that an expression has in so many words; types alone do not tell. */
export function literalFault(node: ASTNode): LiteralFault | undefined {
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    const [pattern] = node.args[2]
    if (pattern?.op === 'value' && typeof pattern.args === 'string') {
      const fault = patternFault(pattern.args)
      if (fault) return { message: `invalid matches argument: ${fault}`, at: pattern.start }
    }
  }
  for (const child of childrenOf(node.args)) {
    const fault = literalFault(child)
    if (fault) return fault
  }
  return undefined
}

export function patternFault(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export const mentions = (node: ASTNode, variable: string): boolean =>
  (node.op === 'id' && node.args === variable) || childrenOf(node.args).some((child) => mentions(child, variable))

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value

const childrenOf = (args: unknown): ASTNode[] =>
  Array.isArray(args) ? args.flatMap(childrenOf) : isNode(args) ? [args] : []
