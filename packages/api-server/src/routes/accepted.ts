import { clausesOf, matches } from '../request/negotiation.ts'

/** The form of a document that an Accept header prefers: the first, where it says nothing. Undefined where it takes none. */
export function acceptedOf<T extends { accepts: string }>(
  accept: string | undefined,
  forms: readonly T[],
): T | undefined {
  if (!accept) return forms[0]
  for (const { type } of clausesOf(accept)) {
    const form = forms.find(({ accepts }) => matches(type, accepts))
    if (form) return form
  }
  return undefined
}
