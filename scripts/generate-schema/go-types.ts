/** What the generator needs of a Go source file: type declarations, their fields, tags and comment markers. */
export interface GoField {
  /** Absent for embedded structs. */
  name?: string
  type: string
  tag: string
  markers: readonly string[]
}

export interface GoType {
  name: string
  markers: readonly string[]
  /** Fields of a struct; absent for other types. */
  fields?: GoField[]
  /** What a type that is no struct is made of: `string`, `[]string`, `v1.Rule`. */
  underlying?: string
  alias: boolean
}

export interface GoFile {
  imports: ReadonlyMap<string, string>
  types: GoType[]
  /** Values of string constants by their type's name. */
  constants: ReadonlyMap<string, string[]>
}

const markersOf = (comments: readonly string[]): string[] =>
  comments.map((line) => line.replace(/^\/\/\s?/, '').trim()).filter((line) => line.startsWith('+'))

export function parseGo(source: string): GoFile {
  const imports = new Map<string, string>()
  const types: GoType[] = []
  const constants = new Map<string, string[]>()
  let comments: string[] = []
  let current: GoType | undefined
  let importing = false
  let constType = ''

  for (const raw of source.split('\n')) {
    const line = raw.trim()
    if (/^import \($/.test(line)) importing = true
    else if (importing && line === ')') importing = false
    if (importing || line.startsWith('import ')) {
      const [, alias, path] = /^(?:import )?(\w+)?\s*"([^"]+)"/.exec(line) ?? []
      if (path) imports.set(alias ?? (path.split('/').at(-1) as string), path)
      continue
    }
    if (line.startsWith('//')) {
      comments.push(line)
      continue
    }
    if (current) {
      if (line === '}') {
        current = undefined
      } else if (line !== '') {
        const field = /^(?:(\w+)\s+)?([^\s`]+)\s*(?:`([^`]*)`)?/.exec(line)
        if (field?.[2]) {
          const tag = field[3] ?? ''
          current.fields?.push({
            ...(field[1] && { name: field[1] }),
            type: field[2],
            tag,
            markers: markersOf(comments),
          })
        }
      }
      if (line !== '') comments = []
      continue
    }
    // discovery/v1 takes two of its address types over from the core group's constants.
    const borrowed = /^\w+\s*=\s*(\w+)\(\w+\.(IPv[46])Protocol\)$/.exec(line)
    if (borrowed?.[1] && borrowed[2]) constants.set(borrowed[1], [...(constants.get(borrowed[1]) ?? []), borrowed[2]])
    const struct = /^type (\w+) struct\s*\{(\})?/.exec(line)
    const other = /^type (\w+) (= )?([\w.[\]*]+)$/.exec(line.replace(/\s*\/\/.*$/, ''))
    const constant = /^(?:const )?\w+\s+(\w+)?\s*=\s*(?:\w+\()?"([^"]*)"\)?/.exec(line)
    if (struct?.[1]) {
      const type: GoType = { name: struct[1], markers: markersOf(comments), fields: [], alias: false }
      types.push(type)
      if (!struct[2]) current = type
    } else if (other?.[1] && other[3] && other[3] !== 'interface') {
      types.push({ name: other[1], markers: markersOf(comments), underlying: other[3], alias: other[2] !== undefined })
    } else if (constant) {
      constType = constant[1] ?? (/=\s*(\w+)\("/.exec(line)?.[1] as string) ?? ''
      const values = constants.get(constType) ?? []
      if (constant[2] !== undefined && !values.includes(constant[2])) values.push(constant[2])
      constants.set(constType, values)
    }
    // A type's markers may stand apart from it by an empty line, as +genclient does.
    if (line !== '') comments = []
  }
  return { imports, types, constants }
}

export const tagValue = (tag: string, key: string): string | undefined => new RegExp(`${key}:"([^"]*)"`).exec(tag)?.[1]
