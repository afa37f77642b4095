import { EVENT_ID, getScalarValue, parseEvents } from 'js-yaml'

/** Where a mapping stands: which keys it had, and whether a key comes next. */
interface Frame {
  keys: Set<string> | undefined
  isKey: boolean
}

/** Keys that a mapping names more than once, as Go tells of them: `line 5: key "name" already set in map`. */
export function repeatedKeys(text: string): string[] {
  const found: string[] = []
  const frames: Frame[] = []
  for (const event of parseEvents(text, {})) {
    const frame = frames.at(-1)
    if (event.type === EVENT_ID.POP) {
      frames.pop()
      continue
    }
    if (event.type === EVENT_ID.SCALAR && frame?.keys && frame.isKey) {
      const key = getScalarValue(text, event)
      if (frame.keys.has(key))
        found.push(`line ${lineOf(text, event.valueStart)}: key ${JSON.stringify(key)} already set in map`)
      frame.keys.add(key)
    }
    if (frame?.keys) frame.isKey = !frame.isKey
    if (event.type === EVENT_ID.MAPPING) frames.push({ keys: new Set(), isKey: true })
    else if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.DOCUMENT)
      frames.push({ keys: undefined, isKey: false })
  }
  return found
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
