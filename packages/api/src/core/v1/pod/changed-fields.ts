import { semanticallyEqual } from '@tandem/apimachinery'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One line for each value that was (`-`) and each that would be (`+`), with its path. */
function* differences(path: string, before: unknown, after: unknown): Generator<string> {
  if (semanticallyEqual(before, after)) return
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* differences(path === '' ? key : `${path}.${key}`, before[key], after[key])
    return
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [i, item] of before.entries()) yield* differences(`${path}[${i}]`, item, after[i])
    return
  }
  if (before !== undefined) yield `- ${path}: ${JSON.stringify(before)}`
  if (after !== undefined) yield `+ ${path}: ${JSON.stringify(after)}`
}

/** Tells a user what an update would change. */
export const changedFields = (before: unknown, after: unknown): string => [...differences('', before, after)].join('\n')
