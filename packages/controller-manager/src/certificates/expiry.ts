import { X509Certificate } from 'node:crypto'
import { conditionsOf } from '@tandem/api/certificates/v1/request-conditions'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'

const anHour = 3_600_000
const aDay = 24 * anHour

/**
 * When a request has done its service and goes, in milliseconds: an hour after it was issued, denied or failed, a day after nobody
 * decided on it or nobody signed it, or when its certificate ends. Undefined while none of this can be said.
 */
export function expiryOf(request: CertificateSigningRequest): number | undefined {
  const { metadata, status } = request
  const issued = Boolean(status?.certificate)
  const ends: number[] = []
  if ((status?.conditions ?? []).length === 0) ends.push(Date.parse(metadata.creationTimestamp) + aDay)
  for (const [type, after] of [
    ['Denied', anHour],
    ['Failed', anHour],
    ['Approved', issued ? anHour : aDay],
  ] as const)
    for (const { lastUpdateTime } of conditionsOf(request, type))
      if (lastUpdateTime) ends.push(Date.parse(lastUpdateTime) + after)
  if (status?.certificate && conditionsOf(request, 'Approved').length > 0) ends.push(endOf(status.certificate))
  const known = ends.filter(Number.isFinite)
  return known.length > 0 ? Math.min(...known) : undefined
}

function endOf(certificate: string): number {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).validToDate.getTime()
  } catch {
    return Number.NaN
  }
}
