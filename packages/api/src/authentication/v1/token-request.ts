import { type FieldError, invalidValue } from '@tandem/apimachinery'
import type { TokenRequest } from './types.ts'

const minSeconds = 600
const maxSeconds = 2 ** 32

/** What `serviceaccounts/token` fills in. */
export function defaultTokenRequest(request: TokenRequest): void {
  request.spec ??= { audiences: [] }
  request.spec.expirationSeconds ??= 3600
}

export function validateTokenRequest({ spec }: TokenRequest): FieldError[] {
  const field = 'spec.expirationSeconds'
  const { expirationSeconds = 3600 } = spec
  if (expirationSeconds < minSeconds)
    return [invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes')]
  if (expirationSeconds > maxSeconds)
    return [invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
  return []
}
