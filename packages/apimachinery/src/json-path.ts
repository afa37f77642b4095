import { equalJson } from './equality.ts'

/** One step of a path: from some values to those it leads to. */
type Step = (values: readonly unknown[]) => unknown[]
type Members = Record<string, unknown>

/** A path compiled once: `.spec.ports[0].name`, `.status.conditions[?(@.type=="Ready")].status`, `.items[*]`, `..name`. */
export class JsonPath {
  readonly #steps: readonly Step[]

  /** Throws what is no path, with `code` JSON_PATH. */
  constructor(path: string) {
    this.#steps = parse(path)
  }

  /** Every value the path leads to; none where something on the way is missing. */
  find(object: unknown): unknown[] {
    let values: unknown[] = [object]
    for (const step of this.#steps) {
      if (values.length === 0) return values
      values = step(values)
    }
    return values
  }
}

export class JsonPathError extends Error {
  readonly code = 'JSON_PATH'
}

const name = /^\.?([^\s.[\]()'"*$@?]+)/
const index = /^\[(-?\d+)\]/
const slice = /^\[(-?\d*):(-?\d*)(?::(-?\d+))?\]/
const quoted = /^\[((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)\]/
const filter = /^\[\?\(((?:[^()'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\)\]/

function parse(path: string): Step[] {
  const steps: Step[] = []
  let rest = path.trim().replace(/^\$/, '')
  while (rest !== '' && rest !== '.') {
    const [taken, step] = next(rest, path)
    steps.push(step)
    rest = rest.slice(taken.length)
  }
  return steps
}

function next(rest: string, path: string): [string, Step] {
  if (rest.startsWith('..')) return rest.startsWith('..*') || rest.startsWith('..[') ? ['..', below] : ['.', below]
  let found = /^(?:\.?\*|\.?\[\*\])/.exec(rest)
  if (found) return [found[0], (values) => values.flatMap(elements)]
  found = quoted.exec(rest)
  if (found) {
    const names = [...(found[1] ?? '').matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map(([, single, double]) =>
      (single ?? double ?? '').replace(/\\(.)/g, '$1'),
    )
    return [found[0], (values) => names.flatMap((one) => values.flatMap((value) => member(value, one)))]
  }
  found = filter.exec(rest)
  if (found) {
    const holds = parseFilter(found[1] ?? '')
    return [found[0], (values) => values.flatMap(elements).filter(holds)]
  }
  found = index.exec(rest)
  if (found) {
    const at = Number(found[1])
    return [found[0], (values) => values.flatMap((value) => (Array.isArray(value) ? value.slice(at).slice(0, 1) : []))]
  }
  found = slice.exec(rest)
  if (found) return [found[0], slicing(found)]
  found = name.exec(rest.replace(/\\\./g, '\0'))
  if (found) {
    const key = (found[1] ?? '').replaceAll('\0', '.')
    return [found[0].replaceAll('\0', '\\.'), (values) => values.flatMap((value) => member(value, key))]
  }
  throw new JsonPathError(`unrecognized JSONPath ${JSON.stringify(path)} at ${JSON.stringify(rest)}`)
}

function slicing([, from = '', to = '', by = '1']: RegExpExecArray): Step {
  const step = Math.max(1, Number(by))
  const [start, end] = [from === '' ? 0 : Number(from), to === '' ? undefined : Number(to)]
  return (values) =>
    values.flatMap((value) => (Array.isArray(value) ? value.slice(start, end).filter((_, i) => i % step === 0) : []))
}

const member = (value: unknown, key: string): unknown[] =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? [(value as Members)[key]] : []

const elements = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : []

/** The values and all below them. */
const below: Step = (values) =>
  values.flatMap((value) => (typeof value === 'object' && value !== null ? [value, ...below(elements(value))] : []))

const comparisons: Readonly<Record<string, (order: number, equal: boolean) => boolean>> = {
  '==': (_, equal) => equal,
  '!=': (_, equal) => !equal,
  '<': (order) => order < 0,
  '<=': (order, equal) => order < 0 || equal,
  '>': (order) => order > 0,
  '>=': (order, equal) => order > 0 || equal,
}

/** `@.type == "Ready"`, or a path that has to lead somewhere. */
function parseFilter(text: string): (value: unknown) => boolean {
  const compared = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/.exec(text.trim())
  const [, left = text.trim(), operator, right = ''] = compared ?? []
  const from = operand(left)
  if (operator === undefined) return (value) => from(value).length > 0
  const to = operand(right)
  const holds = comparisons[operator]
  return (value) => {
    const [a, b] = [from(value), to(value)]
    if (a.length === 0 || b.length === 0 || !holds) return false
    return holds(orderOf(a[0], b[0]), equalJson(a[0], b[0]))
  }
}

function orderOf(a: unknown, b: unknown): number {
  if (typeof a !== typeof b || (typeof a !== 'string' && typeof a !== 'number')) return 0
  return a === b ? 0 : (a as string) < (b as string) ? -1 : 1
}

function operand(text: string): (value: unknown) => unknown[] {
  if (text.startsWith('@')) {
    const path = new JsonPath(text.slice(1))
    return (value) => path.find(value)
  }
  const quotes = /^'((?:[^'\\]|\\.)*)'$|^"((?:[^"\\]|\\.)*)"$/.exec(text)
  if (quotes) {
    const constant = (quotes[1] ?? quotes[2] ?? '').replace(/\\(.)/g, '$1')
    return () => [constant]
  }
  if (text === 'true' || text === 'false') return () => [text === 'true']
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return () => [Number(text)]
  throw new JsonPathError(`unrecognized JSONPath operand ${JSON.stringify(text)}`)
}
