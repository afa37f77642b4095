import { duplicate, type FieldError, tooMany } from '@tandem/apimachinery'

interface Bounds<T> {
  max: number
  validate(field: string, item: T): FieldError[]
  /** What no two items may share. */
  key?(item: T): string
}

/** Every item of a list that may not be longer than so; of one that is too long nothing else is said. */
export function validateBounded<T>(
  field: string,
  items: readonly T[] | undefined,
  { max, validate, key }: Bounds<T>,
): FieldError[] {
  const list = items ?? []
  if (list.length > max) return [tooMany(field, list.length, max)]
  const errors = list.flatMap((item, index) => validate(`${field}[${index}]`, item))
  if (!key) return errors
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    const own = key(item)
    if (seen.has(own)) errors.push(duplicate(`${field}[${index}]`, own))
    seen.add(own)
  }
  return errors
}

/** Every pair of a map; its keys are told shortened, since they may be of any length. */
export function validateBoundedMap<T>(
  field: string,
  map: Readonly<Record<string, T>> | undefined,
  {
    max = Number.POSITIVE_INFINITY,
    maxKey,
    validateKey,
    validate,
  }: {
    max?: number
    maxKey: number
    validateKey(field: string, key: string): FieldError[]
    validate(field: string, item: T): FieldError[]
  },
): FieldError[] {
  const entries = Object.entries(map ?? {})
  if (entries.length > max) return [tooMany(field, entries.length, max)]
  return entries.flatMap(([key, item]) => [
    ...validateKey(field, key),
    ...validate(`${field}[${shortened(key, maxKey)}]`, item),
  ])
}

function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const left = max - 3
  return `${text.slice(0, Math.floor((left + 1) / 2))}...${text.slice(text.length - Math.floor(left / 2))}`
}
