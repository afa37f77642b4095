import { badRequest, StatusError } from '@tandem/apimachinery'
import { parseJson } from '@tandem/apimachinery/wire/json'

/** Where a list goes on: after what key, and at which revision (-1: at whatever is there now, which the client has been told). */
export interface ContinueToken {
  revision: number
  /** The least key of the next page, without the prefix of the list. */
  start: string
}

export const encodeContinue = ({ revision, start }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')

export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = parse(token)
  if (v !== 'meta.k8s.io/v1') throw refused(`server does not recognize this encoded version ${v ?? ''}`)
  if (!Number.isSafeInteger(rv) || rv === 0)
    throw refused('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '') throw refused('encoded start key empty (version meta.k8s.io/v1)')
  const path = start.replace(/\0$/, '')
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) throw refused(start)
  return { revision: Number(rv), start }
}

function parse(token: string): Record<string, unknown> {
  const illegal = token.search(/[^A-Za-z0-9_-]/)
  if (illegal >= 0) throw refused(`illegal base64 data at input byte ${illegal}`)
  let value: unknown
  try {
    value = parseJson(Buffer.from(token, 'base64url'))
  } catch (cause) {
    throw refused((cause as Error).message)
  }
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

const refused = (why: string): StatusError => badRequest(`invalid continue token: continue key is not valid: ${why}`)

const inconsistent =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** The history that a token needs is gone; the answer carries one that goes on without it. */
export const continueTooOld = (start: string): StatusError =>
  new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: { continue: encodeContinue({ revision: -1, start }) },
    status: 'Failure',
    message: inconsistent,
    reason: 'Expired',
    code: 410,
  })
