const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/**
 * What is wrong with the fields of a JSON text, in its order: those that its type does not know, and those it names twice in one object.
 * Almost every text has none of the latter, which is seen by counting: a text with as many members as the value it parses to repeats
 * nothing.
 */
export function fieldFaults(text: Uint8Array, value: unknown, unknown: readonly string[]): string[] {
  const repeatsNothing = countMembersOfText(text) === countMembers(value)
  return repeatsNothing && unknown.length < 2
    ? unknown.map(unknownField)
    : findFaults(Buffer.from(text).toString(), new Set(unknown))
}

export const unknownField = (path: string): string => `unknown field "${path}"`

function countMembersOfText(text: Uint8Array): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (byte === colon) count++
    else if (byte === quote) at = endOfString(text, at)
  }
  return count
}

function endOfString(text: Uint8Array, start: number): number {
  let end = text.indexOf(quote, start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf(quote, end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: Uint8Array, at: number): boolean {
  let slashes = 0
  while (text[at - 1 - slashes] === backslash) slashes++
  return slashes % 2 === 1
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object') count += countMembers(element)
    return count
  }
  const members = value as Record<string, unknown>
  for (const key in members) {
    count++
    if (typeof members[key] === 'object') count += countMembers(members[key])
  }
  return count
}

interface Frame {
  path: string
  seen: Set<string> | undefined
  index: number
  key: string
}

/** Walks the tokens of a text that is known to be well formed. */
function findFaults(text: string, unknown: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  const frames: Frame[] = []
  let path = ''
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [lexeme] = match
    const frame = frames.at(-1)
    if (lexeme === '{') frames.push({ path, seen: new Set(), index: 0, key: '' })
    else if (lexeme === '[') {
      frames.push({ path, seen: undefined, index: 0, key: '' })
      path = `${path}[0]`
    } else if (lexeme === '}' || lexeme === ']') path = frames.pop()?.path ?? ''
    else if (lexeme === ',' && frame && !frame.seen) path = `${frame.path}[${++frame.index}]`
    else if (lexeme.startsWith('"') && frame?.seen) {
      token.lastIndex = match.index + lexeme.length
      if (!/^\s*:/.test(text.slice(token.lastIndex, token.lastIndex + 64))) continue
      const key = JSON.parse(lexeme) as string
      path = frame.path ? `${frame.path}.${key}` : key
      if (frame.seen.has(key)) found.add(`duplicate field "${path}"`)
      else if (unknown.has(path)) found.add(unknownField(path))
      frame.seen.add(key)
    }
  }
  return [...found.union(new Set([...unknown].map(unknownField)))]
}
