import { invalid, type StatusError } from '../errors.ts'
import { invalidValue } from '../field-error.ts'

/** The answer when a strategic merge patch makes what is no object of its kind: upstream blames the patch, and names no kind. */
export const strategicPatchFailure = (patch: unknown, error: Error): StatusError =>
  invalid({ group: '', kind: '' }, '', [invalidValue('patch', goText(patch), error.message)])

/** The same of JSON and merge patches: told with what the patch made. */
export const patchedFailure = (made: object, error: Error): StatusError =>
  invalid({ group: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(made), error.message)])

/** A value as Go's `%v` prints it: `map[metadata:map[labels:map[a:1]]]`. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${members.map(([name, member]) => `${name}:${goText(member)}`).join(' ')}]`
}
