import { randomInt } from 'node:crypto'

/** Numbers that can be handed out, from `first` to `last`. Those below `dynamic` are for who asks for one by name, as long as others are free. */
export interface NumberRange {
  first: number
  last: number
  dynamic: number
}

/** The lower band of a range, kept for static choices: a part of it within bounds, as upstream divides its ranges. */
export function staticBand(size: number, { step, max }: { step: number; max: number }): number {
  const min = 16
  return size <= min ? 0 : Math.min(Math.max(min, Math.floor(size / step)), max)
}

/** A free number: from a random place on in the dynamic band, then in the static one. Undefined when all are taken. */
export function findFree({ first, last, dynamic }: NumberRange, isTaken: (n: number) => boolean): number | undefined {
  return freeIn(dynamic, last, isTaken) ?? freeIn(first, dynamic - 1, isTaken)
}

function freeIn(first: number, last: number, isTaken: (n: number) => boolean): number | undefined {
  const size = last - first + 1
  if (size <= 0) return undefined
  const start = randomInt(size)
  for (let i = 0; i < size; i++) {
    const candidate = first + ((start + i) % size)
    if (!isTaken(candidate)) return candidate
  }
  return undefined
}
