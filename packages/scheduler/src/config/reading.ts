import { parseDuration } from '@tandem/component-base/duration'
import { UsageError } from '@tandem/component-base/flags/index'

/** Reading of parsed YAML: each throws UsageError, with the path, for what is not as it should be. */

/** Absent is empty. Fields that are not `known`, where that is given, are refused. */
export function fieldsOf(value: unknown, path: string, known?: readonly string[]): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw new UsageError(`${path}: must be an object`)
  for (const field of Object.keys(value))
    if (known && !known.includes(field)) throw new UsageError(`unknown field ${JSON.stringify(`${path}.${field}`)}`)
  return value as Record<string, unknown>
}

export function listOf(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new UsageError(`${path}: must be a list`)
  return value
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new UsageError(`${path}: must be a string`)
  return value
}

export function optionalInt(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value)) throw new UsageError(`${path}: must be an integer`)
  return Number(value)
}

export function intIn(value: unknown, { path, min, max }: { path: string; min: number; max: number }): number {
  const number = optionalInt(value, path)
  if (number === undefined || number < min || number > max)
    throw new UsageError(`${path}: Invalid value: ${JSON.stringify(value)}: not in valid range [${min}-${max}]`)
  return number
}

export function oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined)
    throw new UsageError(
      `${path}: Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
    )
  return found
}

/** `10s`, in milliseconds. */
export function durationIn(
  value: unknown,
  { path, min, atLeast }: { path: string; min: number; atLeast: string },
): number {
  const duration = parsedDuration(text(value, path), path)
  if (duration < min) throw new UsageError(`${path}: Invalid value: ${JSON.stringify(value)}: must be ${atLeast}`)
  return duration
}

function parsedDuration(value: string, path: string): number {
  try {
    return parseDuration(value)
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
}

/** Absent is false. */
export function flagIn(value: unknown, path: string): boolean {
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw new UsageError(`${path}: must be true or false`)
  return value
}
