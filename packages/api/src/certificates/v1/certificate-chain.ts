import { X509Certificate } from 'node:crypto'
import { readPem } from '@tandem/apimachinery/pem'

/** What is wrong with an issued certificate (base64 of PEM), if anything. Nothing at all is good. */
export function certificateFault(certificate: string | undefined): string | undefined {
  if (!certificate) return undefined
  const blocks = readPem(Buffer.from(certificate, 'base64').toString('latin1'))
  for (const { type, hasHeaders, der } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (der.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (!isCertificate(der)) return 'x509: malformed certificate'
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

function isCertificate(der: Buffer): boolean {
  try {
    return Boolean(new X509Certificate(der).fingerprint256)
  } catch {
    return false
  }
}
