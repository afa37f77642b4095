import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { compareQuantities } from '../quantity.ts'
import { functions, namespaces, namespaceType, opaqueTypes } from './declarations.ts'
import { CelFormat, formatFunctions } from './format-functions.ts'
import type { Implementations } from './implementations.ts'
import { listFunctions } from './list-functions.ts'
import { literalFault, mentions } from './literal-checks.ts'
import { registerMacros } from './macros.ts'
import { messageFunction, withoutMessageLiterals } from './message-literals.ts'
import { networkFunctions } from './network-functions.ts'
import { CelCidr, CelIp, CelUrl } from './network-values.ts'
import { CelQuantity, quantityFunctions } from './quantity-functions.ts'
import { type EditOf, rewrite, toKeyInsteadOfHas, toLinearMatches, toMixedFormat } from './rewriting.ts'
import { CelSemver, semverFunctions } from './semver-functions.ts'
import { textAndListFunctions } from './text-and-list-functions.ts'

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
  throw new Error('this function is checked, and not evaluated')
}

/** What expressions can be evaluated with; other functions are only checked. */
const implementations: Implementations = {
  ...quantityFunctions,
  ...semverFunctions,
  ...textAndListFunctions,
  ...listFunctions,
  ...networkFunctions,
  ...formatFunctions,
}

/** What values of types that only functions make and ask are. */
const valueTypes: Readonly<Record<string, new (...given: never[]) => object>> = {
  'kubernetes.Quantity': CelQuantity,
  'kubernetes.Semver': CelSemver,
  'kubernetes.URL': CelUrl,
  'kubernetes.NamedFormat': CelFormat,
  'net.IP': CelIp,
  'net.CIDR': CelCidr,
}

const areSameQuantity = (a: CelQuantity, b: CelQuantity): boolean => compareQuantities(a.value, b.value) === 0
const areSameVersion = (a: CelSemver, b: CelSemver): boolean => a.compareTo(b) === 0

/** What an expression yields for the values of its variables. Throws what goes wrong. */
export type CelProgram = (variables: Readonly<Record<string, unknown>>) => unknown

let base: Environment | undefined

function baseEnvironment(): Environment {
  if (base) return base
  const environment = new Environment({ enableOptionalTypes: true })
  for (const [name, type] of Object.entries(valueTypes)) environment.registerType(name, type)
  for (const name of opaqueTypes) environment.registerType(name, class extends Opaque {})
  for (const name of namespaces) {
    class Namespace extends Opaque {}
    environment.registerType(namespaceType(name), Namespace)
    environment.registerConstant(name, namespaceType(name), new Namespace())
  }
  for (const signature of functions) environment.registerFunction(signature, implementations[signature] ?? neverCalled)
  environment.registerOperator('kubernetes.Quantity == kubernetes.Quantity', areSameQuantity)
  environment.registerOperator('kubernetes.Semver == kubernetes.Semver', areSameVersion)
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
    const source = this.#sourceOf(expression)
    const { valid, type, error } = this.#environment.check(source)
    const failed = (message: string, at: number) => ({ fault: `compilation failed: ${located(source, message, at)}` })
    if (!valid || type === undefined)
      return failed(upstreamWords(error?.summary ?? 'invalid expression'), error?.range?.start ?? 0)
    const literal = literalFault(this.#environment.parse(source).ast)
    return literal ? failed(literal.message, literal.at) : { type: shownType(type) }
  }

  /** A good expression, ready to be evaluated, with parts of it replaced first. */
  program(expression: string, editOf?: EditOf): CelProgram {
    const source = rewrite(this.#sourceOf(expression), this.#parse, (node) => toLinearMatches(node) ?? editOf?.(node))
    const evaluate = this.#environment.parse(source)
    return (variables) => evaluate({ ...variables })
  }

  readonly #parse = (source: string): ASTNode => this.#environment.parse(source).ast

  /** As cel-js takes it. What it cannot even read stays as it is: the check tells why. */
  #sourceOf(expression: string): string {
    const source = this.#messages.length > 0 ? withoutMessageLiterals(expression, this.#messages) : expression
    if (!/has|format/.test(source)) return source
    try {
      return rewrite(source, this.#parse, (node) => toKeyInsteadOfHas(node) ?? toMixedFormat(node))
    } catch {
      return source
    }
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
  [/^(?:Expected|Unexpected) .*$/, 'Syntax error: $&'],
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
