import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { exportPrivateKey, generateKeyPair, importPrivateKey, signingAlgorithm } from './keys.ts'
import { notBefore, serialNumber, years } from './validity.ts'

/** A certificate and the private key of its subject, both PEM. */
export interface CertificateAndKey {
  certificate: string
  key: string
}

/** What signs a cluster's certificates. Load one from PEM files with `loadCertificateAuthority`. */
export interface CertificateAuthority extends CertificateAndKey {
  readonly parsed: X509Certificate
  readonly signingKey: CryptoKey
}

export interface CertificateAuthorityOptions {
  commonName: string
  /** Milliseconds from now; ten years unless given, as kubeadm's. */
  validity?: number
  now?: number
}

export async function createCertificateAuthority(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
  const { commonName, validity = years(10), now = Date.now() } = options
  const keys = await generateKeyPair()
  const usages = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature
  const extensions: Extension[] = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(usages, true),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(keys.publicKey),
  ]
  const parsed = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: notBefore(now),
    notAfter: new Date(now + validity),
    keys,
    signingAlgorithm,
    extensions,
  })
  const key = await exportPrivateKey(keys.privateKey)
  return { certificate: `${parsed.toString('pem')}\n`, key, parsed, signingKey: keys.privateKey }
}

export async function loadCertificateAuthority({ certificate, key }: CertificateAndKey): Promise<CertificateAuthority> {
  return { certificate, key, parsed: new X509Certificate(certificate), signingKey: await importPrivateKey(key) }
}
