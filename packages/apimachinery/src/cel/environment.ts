import { Environment } from '@marcbachmann/cel-js'
import { functions, namespaces, namespaceType, opaqueTypes } from './declarations.ts'
import { literalFault, mentions } from './literal-checks.ts'
import { registerMacros } from './macros.ts'
import { messageFunction, withoutMessageLiterals } from './message-literals.ts'

/** Field types by name, in CEL's notation: `string`, `list<string>`, `map<string, dyn>`, or another type declared here. */
export type CelFields = Readonly<Record<string, string>>

export interface CelDeclarations {
  variables: CelFields
  types?: Readonly<Record<string, CelFields>>
  /** Messages that expressions may make: `Object{…}`. */
  messages?: readonly string[]
}

/** A type that a compiled expression has, or what is wrong with the expression. */
export type CelVerdict = { type: string } | { fault: string }

/** What stands for a value of a type that only exists while expressions are checked. */
class Opaque {}
const neverCalled = (): never => {
  throw new Error('expressions are checked here, and not evaluated')
}

let base: Environment | undefined

function baseEnvironment(): Environment {
  if (base) return base
  const environment = new Environment({ enableOptionalTypes: true })
  for (const name of opaqueTypes) environment.registerType(name, class extends Opaque {})
  for (const name of namespaces) {
    class Namespace extends Opaque {}
    environment.registerType(namespaceType(name), Namespace)
    environment.registerConstant(name, namespaceType(name), new Namespace())
  }
  for (const signature of functions) environment.registerFunction(signature, neverCalled)
  registerMacros(environment)
  base = environment
  return environment
}

/** Compiles expressions against declared variables, with the functions that Kubernetes' API server has. */
export class CelCompiler {
  readonly #environment: Environment
  readonly #messages: readonly string[]

  constructor({ variables, types = {}, messages = [] }: CelDeclarations) {
    this.#environment = baseEnvironment().clone()
    this.#messages = messages
    for (const [name, fields] of Object.entries(types)) this.#environment.registerType(name, { fields: { ...fields } })
    for (const name of messages) {
      this.#environment.registerType(name, class extends Opaque {})
      this.#environment.registerFunction(`${messageFunction(name)}(map<string, dyn>): ${name}`, neverCalled)
    }
    for (const [name, type] of Object.entries(variables)) this.#environment.registerVariable(name, type)
  }

  compile(expression: string): CelVerdict {
    const source = this.#messages.length > 0 ? withoutMessageLiterals(expression, this.#messages) : expression
    const { valid, type, error } = this.#environment.check(source)
    const failed = (message: string, at: number) => ({ fault: `compilation failed: ${located(source, message, at)}` })
    if (!valid || type === undefined)
      return failed(upstreamWords(error?.summary ?? 'invalid expression'), error?.range?.start ?? 0)
    const literal = literalFault(this.#environment.parse(source).ast)
    return literal ? failed(literal.message, literal.at) : { type: shownType(type) }
  }

  /** Does a good expression speak of this variable? */
  mentions(expression: string, variable: string): boolean {
    return mentions(this.#environment.parse(expression).ast, variable)
  }

  /** Why the expression is none that yields one of `types`, or undefined. */
  fault(expression: string, types: readonly string[]): string | undefined {
    const verdict = this.compile(expression)
    if ('fault' in verdict) return verdict.fault
    if (types.some((wanted) => mayBe(verdict.type, wanted))) return undefined
    return types.length === 1
      ? `must evaluate to ${types[0]} but got ${verdict.type}`
      : `must evaluate to one of [${types.join(' ')}] but got ${verdict.type}`
  }
}

/** cel-js knows less of what optionals and comprehensions yield than upstream's checker does: what may be anything is let through. */
const mayBe = (type: string, wanted: string): boolean =>
  type === wanted || type === 'dyn' || ((type === 'list' || type === 'list(dyn)') && wanted.startsWith('list('))

const shownType = (type: string): string =>
  (type === 'null' ? 'null_type' : type).replaceAll('<', '(').replaceAll('>', ')')

const rewordings: readonly [RegExp, string][] = [
  [/^Unknown variable: (.*)$/, "undeclared reference to '$1' (in container '')"],
  [/^No such key: (.*)$/, "undefined field '$1'"],
  [/^Expected .*$/, 'Syntax error: $&'],
]

const upstreamWords = (summary: string): string => {
  for (const [pattern, words] of rewordings) if (pattern.test(summary)) return summary.replace(pattern, words)
  return summary
}

/** The message with the line it is about, and a mark below its place. */
function located(source: string, message: string, offset: number): string {
  const before = source.slice(0, offset).split('\n')
  const column = before.at(-1)?.length ?? 0
  const line = source.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`
}
