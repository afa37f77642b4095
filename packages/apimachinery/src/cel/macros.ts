import type { Environment } from '@marcbachmann/cel-js'
import { order } from './list-functions.ts'

/** What cel-js hands a macro, and what it wants back; it describes neither. */
interface Node {
  op: string
  args: unknown
}
interface CheckedType {
  kind: string
  type: string
  keyType?: CheckedType
  valueType?: CheckedType
}
interface Scope {
  forkWithVariable(name: string, type: CheckedType): BoundScope
}
interface BoundScope extends Scope {
  /** For an evaluation within another one. */
  reuse(outer: Scope): BoundScope
  setIterValue(value: unknown, evaluator: Evaluator): BoundScope
}
interface Evaluator {
  run(node: Node, scope: Scope): unknown
}
interface Checker {
  check(node: Node, scope: Scope): CheckedType
  getType(name: string): CheckedType
  createError(code: string, message: string, node: Node): Error
}

interface Macro {
  name: string
  result: 'bool' | 'list<dyn>' | 'map<dyn, dyn>' | 'dyn'
  /** How many names come first: of a list's index or a map's key, and of the value. */
  variables: 1 | 2
  /** Expressions after the names; a filter comes before the last one. */
  expressions: 1 | 2
  /** The last expression has to be of this type too. */
  predicate?: true
}

const macros: readonly Macro[] = [
  ...(['all', 'exists', 'existsOne', 'exists_one'] as const).map(
    (name): Macro => ({ name, result: 'bool', variables: 2, expressions: 1, predicate: true }),
  ),
  { name: 'existsOne', result: 'bool', variables: 1, expressions: 1, predicate: true },
  { name: 'transformList', result: 'list<dyn>', variables: 2, expressions: 1 },
  { name: 'transformList', result: 'list<dyn>', variables: 2, expressions: 2 },
  { name: 'transformMap', result: 'map<dyn, dyn>', variables: 2, expressions: 1 },
  { name: 'transformMap', result: 'map<dyn, dyn>', variables: 2, expressions: 2 },
  { name: 'transformMapEntry', result: 'map<dyn, dyn>', variables: 2, expressions: 1 },
  { name: 'transformMapEntry', result: 'map<dyn, dyn>', variables: 2, expressions: 2 },
  { name: 'sortBy', result: 'list<dyn>', variables: 1, expressions: 1 },
]

/** Comprehensions over two variables, and others of CEL's extensions: checked like functions, with names of their own. */
export function registerMacros(environment: Environment): void {
  for (const macro of macros) {
    const parameters = Array.from({ length: macro.variables + macro.expressions }, () => 'ast').join(', ')
    for (const receiver of macro.name === 'sortBy' ? ['list'] : ['list', 'map'])
      environment.registerFunction(`${receiver}.${macro.name}(${parameters}): ${macro.result}`, expand(macro))
  }
}

interface Expanded {
  args: Node[]
  receiver: Node
}

/** What a call became: the scopes of its names are made when it is checked, and filled when it is evaluated. */
interface Call extends Expanded {
  scopes: BoundScope[]
}

const expand =
  (macro: Macro) =>
  ({ args, receiver }: Expanded) => {
    const call: Call = { args, receiver, scopes: [] }
    return {
      args,
      async: false,
      evaluate: (evaluator: Evaluator, _: unknown, scope: Scope) => evaluateMacro(macro, call, evaluator, scope),
      typeCheck(checker: Checker, _: unknown, scope: Scope): CheckedType {
        const types = typesOf(checker, checker.check(receiver, scope), macro.variables)
        let inner = scope
        call.scopes = args.slice(0, macro.variables).map((node, index) => {
          if (node.op !== 'id')
            throw checker.createError('invalid_macro_argument', 'argument must be a simple name', node)
          const bound = inner.forkWithVariable(String(node.args), types[index] ?? checker.getType('dyn'))
          inner = bound
          return bound
        })
        for (const [index, node] of args.slice(macro.variables).entries()) {
          const { type } = checker.check(node, inner)
          const isLast = index === macro.expressions - 1
          if ((!isLast || macro.predicate) && type !== 'bool' && type !== 'dyn')
            throw checker.createError('invalid_predicate', `expected type 'bool' but found '${type}'`, node)
        }
        return checker.getType(macro.result)
      },
    }
  }

function evaluateMacro(macro: Macro, { args, receiver, scopes }: Call, evaluator: Evaluator, scope: Scope): unknown {
  const range = evaluator.run(receiver, scope)
  const expressions = args.slice(macro.variables)
  const evaluate = (values: readonly unknown[]) => (node: Node | undefined) => {
    let inner = scope
    for (const [index, bound] of scopes.entries()) inner = bound.reuse(inner).setIterValue(values[index], evaluator)
    return node && evaluator.run(node, inner)
  }
  return resultOf(
    macro.name,
    entriesOf(range).map((entry) => ({ entry, run: evaluate(valuesOf(entry, range, macro.variables)) })),
    expressions,
  )
}

type Entry = readonly [key: unknown, value: unknown]
interface Step {
  entry: Entry
  run(node: Node | undefined): unknown
}

const isListLike = (range: unknown): range is Iterable<unknown> => Array.isArray(range) || range instanceof Set

function entriesOf(range: unknown): Entry[] {
  if (isListLike(range)) return [...range].map((value, index) => [BigInt(index), value])
  return range instanceof Map ? [...range] : Object.entries(range as object)
}

const valuesOf = (entry: Entry, range: unknown, variables: number): readonly unknown[] =>
  variables === 2 ? entry : [isListLike(range) ? entry[1] : entry[0]]

function resultOf(name: string, steps: readonly Step[], expressions: readonly Node[]): unknown {
  const [first, second] = expressions
  const kept = second ? () => steps.filter(({ run }) => run(first) === true) : () => steps
  const last = second ?? first
  switch (name) {
    case 'all':
      return steps.every(({ run }) => run(first) === true)
    case 'exists':
      return steps.some(({ run }) => run(first) === true)
    case 'existsOne':
    case 'exists_one':
      return steps.filter(({ run }) => run(first) === true).length === 1
    case 'transformList':
      return kept().map(({ run }) => run(last))
    case 'transformMap':
      return new Map(kept().map(({ entry: [key], run }) => [key, run(last)]))
    case 'transformMapEntry':
      return new Map(kept().flatMap(({ run }) => entriesOf(run(last))))
    default:
      return steps
        .map(({ entry: [, value], run }) => ({ value, by: run(first) }))
        .sort((a, b) => order(a.by, b.by))
        .map(({ value }) => value)
  }
}

function typesOf(checker: Checker, receiver: CheckedType, count: number): CheckedType[] {
  const dyn = checker.getType('dyn')
  const value = receiver.valueType ?? dyn
  if (count === 1) return [receiver.kind === 'map' ? (receiver.keyType ?? dyn) : value]
  if (receiver.kind === 'list') return [checker.getType('int'), value]
  return [receiver.keyType ?? dyn, value]
}
