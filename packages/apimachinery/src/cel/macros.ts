import type { Environment } from '@marcbachmann/cel-js'

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
  forkWithVariable(name: string, type: CheckedType): Scope
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

const expand =
  (macro: Macro) =>
  ({ args, receiver }: { args: Node[]; receiver: Node }) => ({
    args,
    async: false,
    evaluate(): never {
      throw new Error(`${macro.name} is checked, and not evaluated`)
    },
    typeCheck(checker: Checker, _: unknown, scope: Scope): CheckedType {
      const names = args.slice(0, macro.variables).map((node) => {
        if (node.op === 'id') return String(node.args)
        throw checker.createError('invalid_macro_argument', 'argument must be a simple name', node)
      })
      const inner = names.reduce(
        (outer, name, index) =>
          outer.forkWithVariable(
            name,
            typesOf(checker, checker.check(receiver, scope), names.length)[index] ?? checker.getType('dyn'),
          ),
        scope,
      )
      for (const [index, node] of args.slice(macro.variables).entries()) {
        const { type } = checker.check(node, inner)
        const isLast = index === macro.expressions - 1
        if ((!isLast || macro.predicate) && type !== 'bool' && type !== 'dyn')
          throw checker.createError('invalid_predicate', `expected type 'bool' but found '${type}'`, node)
      }
      return checker.getType(macro.result)
    },
  })

function typesOf(checker: Checker, receiver: CheckedType, count: number): CheckedType[] {
  const dyn = checker.getType('dyn')
  const value = receiver.valueType ?? dyn
  if (count === 1) return [receiver.kind === 'map' ? (receiver.keyType ?? dyn) : value]
  if (receiver.kind === 'list') return [checker.getType('int'), value]
  return [receiver.keyType ?? dyn, value]
}
