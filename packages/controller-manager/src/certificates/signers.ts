import type { ParsedCertificateRequest } from '@tandem/api/certificates/v1/certificate-request'
import { kubeletClientFault, kubeletServingFault } from '@tandem/api/certificates/v1/kubelet-request'
import { signerNames } from '@tandem/api/certificates/v1/signer-name'
import type { KeyUsage } from '@tandem/api/certificates/v1/types'

/** Why a signer will not sign this, or undefined. */
type Check = (request: ParsedCertificateRequest, usages: readonly KeyUsage[] | undefined) => string | undefined

/** What each of Kubernetes' own signers asks of a request; those of others are none of ours. */
export const signers: Readonly<Record<string, Check>> = {
  [signerNames.kubeletServing]: kubeletServingFault,
  [signerNames.kubeAPIServerClientKubelet]: kubeletClientFault,
  [signerNames.kubeAPIServerClient]: (_, usages) => clientUsagesFault(usages),
  [signerNames.legacyUnknown]: () => undefined,
}

const optionalUsages: readonly KeyUsage[] = ['digital signature', 'key encipherment']

function clientUsagesFault(usages: readonly KeyUsage[] = []): string | undefined {
  const odd = usages.find((usage) => usage !== 'client auth' && !optionalUsages.includes(usage))
  if (odd) return `invalid usage for client certificate: ${odd}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

const minute = 60_000
const backdate = 5 * minute
const short = 8 * 60 * minute

/** From when to when: a little before now, so that slow clocks accept it; what lives long also ends that much earlier. */
export function validityOf(
  expirationSeconds: number | undefined,
  { now, longest }: { now: number; longest: number },
): { notBefore: number; notAfter: number } {
  const wanted = expirationSeconds === undefined ? longest : Math.max(expirationSeconds * 1000, 10 * minute)
  const duration = Math.min(wanted, longest)
  return { notBefore: now - backdate, notAfter: now + duration - (duration < short ? 0 : backdate) }
}
