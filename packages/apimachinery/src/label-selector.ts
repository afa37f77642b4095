import { badRequest } from './errors.ts'
import { validateLabelValue, validateQualifiedName } from './names.ts'

/** The selector object in specs. Absent selects nothing; empty selects everything. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted, without repetition. */
  readonly values: readonly string[]
}

export type Labels = Readonly<Record<string, string>> | undefined

/** All requirements must hold. `nothing` matches no labels at all. */
export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[]
  readonly nothing: boolean
}

export const everything: LabelMatcher = { requirements: [], nothing: false }
export const nothing: LabelMatcher = { requirements: [], nothing: true }

const lookup = (labels: Labels, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = lookup(labels, key)
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return compareNumbers(value, values[0], operator)
  }
}

function compareNumbers(value: string | undefined, bound: string | undefined, operator: 'gt' | 'lt'): boolean {
  if (value === undefined || bound === undefined || !integer.test(value)) return false
  return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
}

export const matchesLabels = (matcher: LabelMatcher, labels: Labels): boolean =>
  !matcher.nothing && matcher.requirements.every((requirement) => holds(requirement, labels))

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort()
const operators: Record<string, LabelOperator> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }

/** From the object of a spec, which validation has seen. Throws badRequest for an operator it does not know. */
export function labelMatcherOf(selector: LabelSelector | undefined): LabelMatcher {
  if (!selector) return nothing
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }))
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = operators[operator]
    if (!known) throw badRequest(`"${operator}" is not a valid label selector operator`)
    requirements.push({ key, operator: known, values: sorted(values ?? []) })
  }
  return { requirements: requirements.sort(byKey), nothing: false }
}

/** From a plain map, such as a Service's `spec.selector`. */
export const labelMatcherOfSet = (labels: Labels): LabelMatcher => labelMatcherOf({ matchLabels: { ...labels } })

const byKey = (a: LabelRequirement, b: LabelRequirement): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** The text form, as in `status.selector` and in queries. */
export const printLabelMatcher = ({ requirements }: LabelMatcher): string => requirements.map(printed).join(',')

/** From the object of a spec to text, as `kubectl` prints it. */
export const printLabelSelector = (selector: LabelSelector | undefined): string =>
  selector ? printLabelMatcher(labelMatcherOf(selector)) : '<none>'

function printed({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case '!':
      return `!${key}`
    case 'exists':
      return key
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`
    case 'gt':
      return `${key}>${values[0]}`
    case 'lt':
      return `${key}<${values[0]}`
    default:
      return `${key}${operator}${values[0]}`
  }
}

const integer = /^[+-]?\d+$/
const punctuation = ['!=', '==', '(', ')', ',', '!', '=', '>', '<']
const binaryOperators = 'in, notin, =, ==, !=, gt, lt'

type Token = { kind: 'identifier' | 'symbol' | 'end'; text: string }

function tokens(text: string): Token[] {
  const found: Token[] = []
  for (let at = 0; at < text.length; ) {
    if (/[ \t\r\n]/.test(text[at] ?? '')) {
      at++
      continue
    }
    const symbol = punctuation.find((candidate) => text.startsWith(candidate, at))
    const rest = symbol ?? /^[^=!(),<> \t\r\n]+/.exec(text.slice(at))?.[0] ?? ''
    found.push({ kind: symbol ? 'symbol' : 'identifier', text: rest })
    at += rest.length
  }
  return [...found, { kind: 'end', text: '' }]
}

const end: Token = { kind: 'end', text: '' }

/** One pass over the tokens of `app in (a,b),tier!=db,!gone`. */
class Parser {
  readonly #tokens: Token[]
  #at = 0
  constructor(text: string) {
    this.#tokens = tokens(text)
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    if (this.#peek().kind === 'end') return requirements
    for (;;) {
      const head = this.#peek()
      if (!startsRequirement(head))
        throw badRequest(
          requirements.length
            ? `found '${head.text}', expected: identifier after ','`
            : `found '${head.text}', expected: !, identifier, or 'end of string'`,
        )
      requirements.push(this.#requirement())
      const next = this.#take()
      if (next.kind === 'end') return requirements
      if (!is(next, ',')) throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end
  }
  #take(): Token {
    return this.#tokens[this.#at++] ?? end
  }

  #requirement(): LabelRequirement {
    const negated = is(this.#peek(), '!')
    if (negated) this.#at++
    const key = this.#take()
    if (key.kind !== 'identifier') throw unparsable(`found '${key.text}', expected: identifier`)
    const wrong = validateQualifiedName(key.text)
    if (wrong.length) throw unparsable(fault(wrong, '<nil>', key.text))
    if (negated) return { key: key.text, operator: '!', values: [] }
    const next = this.#peek()
    return next.kind === 'end' || is(next, ',')
      ? { key: key.text, operator: 'exists', values: [] }
      : this.#withOperator(key.text)
  }

  #withOperator(key: string): LabelRequirement {
    const token = this.#take()
    const operator = binary(token)
    if (!operator) throw unparsable(`found '${token.text}', expected: ${binaryOperators}`)
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    const faults: string[] = []
    if (operator === 'gt' || operator === 'lt')
      for (const [index, value] of values.entries())
        if (!integer.test(value))
          faults.push(fault(["for 'Gt', 'Lt' operators, the value must be an integer"], `values[${index}]`, value))
    for (const [index, value] of values.entries()) {
      const wrong = validateLabelValue(value)
      if (wrong.length) faults.push(fault(wrong, `values[${index}][${key}]`, value))
    }
    if (faults.length) throw unparsable(faults.length === 1 ? faults.join() : `[${faults.join(', ')}]`)
    return { key, operator, values }
  }

  #exactValue(): string {
    const next = this.#peek()
    if (next.kind === 'end' || is(next, ',')) return ''
    this.#at++
    if (next.kind !== 'identifier') throw unparsable(`found '${next.text}', expected: identifier`)
    return next.text
  }

  /** Between two commas, or a comma and a parenthesis, stands the empty value. */
  #values(): string[] {
    const open = this.#take()
    if (!is(open, '(')) throw unparsable(`found '${open.text}' expected: '('`)
    const values: string[] = []
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'identifier') {
        this.#at++
        values.push(token.text)
      } else if (is(token, ',') || is(token, ')')) values.push('')
      else throw unparsable(`found '${token.text}', expected: ',', ')' or identifier`)
      const next = this.#take()
      if (is(next, ')')) return sorted(values)
      if (!is(next, ',')) throw unparsable(`found '${next.text}', expected: ',' or ')'`)
    }
  }
}

const is = (token: Token, text: string): boolean => token.kind === 'symbol' && token.text === text
const startsRequirement = (token: Token): boolean => token.kind === 'identifier' || is(token, '!')
const unparsable = (message: string) => badRequest(`unable to parse requirement: ${message}`)

const fault = (wrong: string[], field: string, value: string): string =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`

function binary({ kind, text }: Token): LabelOperator | undefined {
  if (kind === 'identifier') return text === 'in' || text === 'notin' ? text : undefined
  if (text === '>') return 'gt'
  if (text === '<') return 'lt'
  return text === '=' || text === '==' || text === '!=' ? text : undefined
}

/** Parses a query's `labelSelector`. Throws badRequest in upstream's words. */
export function parseLabelSelector(text: string): LabelMatcher {
  const requirements = new Parser(text).parse()
  return requirements.length ? { requirements: requirements.sort(byKey), nothing: false } : everything
}
