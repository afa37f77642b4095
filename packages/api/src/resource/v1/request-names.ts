import { type FieldError, invalidValue } from '@tandem/apimachinery'
import { validateBounded } from './bounded.ts'
import { validateShortName } from './device-names.ts'
import type { DeviceClaim } from './types.ts'

export const maxRequests = 32
const notThere = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

/** `request`, and `request/subrequest` for each alternative. */
export const requestNames = ({ requests = [] }: DeviceClaim): ReadonlySet<string> =>
  new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  )

export function validateRequestReference(field: string, name: string, known: ReadonlySet<string>): FieldError[] {
  const segments = (name ?? '').split('/')
  if (segments.length > 2) return [invalidValue(field, name, notThere)]
  return [
    ...segments.flatMap((segment) => validateShortName(field, segment)),
    ...(known.has(name) ? [] : [invalidValue(field, name ?? '', notThere)]),
  ]
}

export const validateRequestReferences = (
  field: string,
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
): FieldError[] =>
  validateBounded(field, names, {
    max: maxRequests,
    validate: (at, name) => validateRequestReference(at, name, known),
    key: (name) => name,
  })
