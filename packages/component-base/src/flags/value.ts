import { parseDuration } from '../duration.ts'
import type { Flag } from './flag.ts'

export type FlagValue = string | number | boolean | readonly string[] | Structure

/** As parsed from YAML, not looked at yet. */
export type Structure = object | null

/** A flag that cannot be read; shown to the user without a stack. */
export class UsageError extends Error {
  readonly code = 'USAGE'
}

/** Reads the text after `--name=`. */
export function parseFlagValue(name: string, flag: Flag, text: string): FlagValue {
  switch (flag.type) {
    case 'string':
      return text
    case 'int':
      if (!/^[+-]?\d+$/.test(text)) throw invalid(name, text, 'must be an integer')
      return Number(text)
    case 'float':
      if (text.trim() === '' || !Number.isFinite(Number(text))) throw invalid(name, text, 'must be a number')
      return Number(text)
    case 'bool':
      if (/^(1|t|true)$/i.test(text)) return true
      if (/^(0|f|false)$/i.test(text)) return false
      throw invalid(name, text, 'must be true or false')
    case 'duration':
      return durationOf(name, text)
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => item.trim())
    case 'structure':
      throw invalid(name, text, 'must be given in the --config file')
  }
}

/** Reads what a YAML file has for a flag. */
export function configFlagValue(name: string, flag: Flag, value: unknown): FlagValue {
  if (flag.type === 'structure' && typeof value === 'object') return value
  if (flag.type === 'list' && Array.isArray(value)) return value.map(String)
  if (flag.type === 'string' && typeof value === 'string') return value
  if (flag.type === 'bool' && typeof value === 'boolean') return value
  if (flag.type === 'int' && Number.isInteger(value)) return Number(value)
  if (flag.type === 'float' && typeof value === 'number') return value
  if (flag.type === 'duration' && typeof value === 'string') return durationOf(name, value)
  throw new UsageError(`config: ${name}: ${JSON.stringify(value)} is not a ${flag.type}`)
}

/** What a flag is when nobody says. */
export function defaultFlagValue(name: string, flag: Flag): FlagValue | undefined {
  if (flag.type === 'duration') return flag.default === undefined ? undefined : durationOf(name, flag.default)
  if (flag.default !== undefined) return flag.default
  return flag.type === 'bool' ? false : flag.type === 'list' ? [] : undefined
}

function durationOf(name: string, text: string): number {
  try {
    return parseDuration(text)
  } catch (cause) {
    throw invalid(name, text, 'must be a duration such as 30s or 1m30s', cause)
  }
}

const invalid = (name: string, text: string, rule: string, cause?: unknown): UsageError =>
  new UsageError(`invalid argument ${JSON.stringify(text)} for "--${name}": ${rule}`, { cause })
