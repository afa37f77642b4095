import type { ParsedCertificateRequest } from './certificate-request.ts'
import type { KeyUsage } from './types.ts'

const clientUsages: readonly KeyUsage[] = ['client auth', 'digital signature', 'key encipherment']
const servingUsages: readonly KeyUsage[] = ['digital signature', 'key encipherment', 'server auth']

/** Exactly these, or these without the one that only RSA keys need. */
function usagesFault(usages: readonly KeyUsage[], wanted: readonly KeyUsage[]): string | undefined {
  const asked = new Set(usages)
  const needed = wanted.filter((usage) => usage !== 'key encipherment' || asked.has(usage))
  return needed.length === asked.size && needed.every((usage) => asked.has(usage))
    ? undefined
    : `usages did not match [${wanted.join(' ')}]`
}

const organizationFault = ({ organizations }: ParsedCertificateRequest): string | undefined =>
  organizations.length === 1 && organizations[0] === 'system:nodes'
    ? undefined
    : 'subject organization is not system:nodes'

const commonNameFault = ({ commonName }: ParsedCertificateRequest): string | undefined =>
  commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:'

/** Why this is no request of a kubelet for a certificate to speak to the API server with, or undefined. */
export function kubeletClientFault(
  request: ParsedCertificateRequest,
  usages: readonly KeyUsage[] = [],
): string | undefined {
  const { dnsNames, emailAddresses, ipAddresses, uris } = request
  return (
    organizationFault(request) ??
    (dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (ipAddresses > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    commonNameFault(request) ??
    usagesFault(usages, clientUsages)
  )
}

/** Why this is no request of a kubelet for a certificate to serve with, or undefined. */
export function kubeletServingFault(
  request: ParsedCertificateRequest,
  usages: readonly KeyUsage[] = [],
): string | undefined {
  const { dnsNames, emailAddresses, ipAddresses, uris } = request
  return (
    organizationFault(request) ??
    (dnsNames.length + ipAddresses === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
    (emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    usagesFault(usages, servingUsages) ??
    commonNameFault(request)
  )
}
