import 'reflect-metadata'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  type PublicKeyType,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { CertificateAndKey, CertificateAuthority } from './certificate-authority.ts'
import { exportPrivateKey, generateKeyPair, signingAlgorithm } from './keys.ts'
import { notBefore, serialNumber, years } from './validity.ts'

export type CertificateUsage = 'client auth' | 'server auth'

/** Whom a certificate names: upstream's user is the common name, its groups are the organizations. */
export interface CertificateSubject {
  commonName: string
  organizations?: readonly string[]
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
}

export interface CertificateOptions extends CertificateSubject {
  usages: readonly CertificateUsage[]
  /** Milliseconds from now; one year unless given. Never past the authority's own end. */
  validity?: number
  now?: number
}

/** Makes a key and a certificate for it, signed by the authority. */
export async function issueCertificate(
  authority: CertificateAuthority,
  options: CertificateOptions,
): Promise<CertificateAndKey> {
  const keys = await generateKeyPair()
  const certificate = await signPublicKey(authority, keys.publicKey, options)
  return { certificate, key: await exportPrivateKey(keys.privateKey) }
}

/** Signs the key and the subject of a PKCS#10 request (PEM); who may ask for which subject is the caller's to decide. */
export async function signCertificateRequest(
  authority: CertificateAuthority,
  request: string,
  options: Pick<CertificateOptions, 'usages' | 'validity' | 'now'>,
): Promise<string> {
  const parsed = new Pkcs10CertificateRequest(request)
  if (!(await parsed.verify())) throw new Error('certificate request: the signature does not match its key')
  return signPublicKey(authority, parsed.publicKey, { ...subjectOf(parsed), ...options })
}

export async function createCertificateRequest(subject: CertificateSubject): Promise<{ request: string; key: string }> {
  const keys = await generateKeyPair()
  const names = alternativeNames(subject)
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(subject),
    keys,
    signingAlgorithm,
    extensions: names ? [names] : [],
  })
  return { request: `${request.toString('pem')}\n`, key: await exportPrivateKey(keys.privateKey) }
}

/** The parts of a certificate that callers decide on. */
export interface CertificateDetails extends Required<CertificateSubject> {
  notBefore: number
  notAfter: number
  isCertificateAuthority: boolean
}

export function parseCertificate(pem: string): CertificateDetails {
  const parsed = new X509Certificate(pem)
  return {
    ...subjectOf(parsed),
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    isCertificateAuthority: parsed.getExtension(BasicConstraintsExtension)?.ca ?? false,
  }
}

export const parseCertificateRequest = (pem: string): Required<CertificateSubject> =>
  subjectOf(new Pkcs10CertificateRequest(pem))

async function signPublicKey(
  authority: CertificateAuthority,
  publicKey: PublicKeyType,
  options: CertificateOptions,
): Promise<string> {
  const { usages, validity = years(1), now = Date.now() } = options
  const names = alternativeNames(options)
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    new ExtendedKeyUsageExtension(usages.map((usage) => extendedKeyUsages[usage])),
    await AuthorityKeyIdentifierExtension.create(authority.parsed.publicKey),
    ...(names ? [names] : []),
  ]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: distinguishedName(options),
    issuer: authority.parsed.subjectName,
    notBefore: notBefore(now),
    notAfter: new Date(Math.min(now + validity, authority.parsed.notAfter.getTime())),
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm,
    extensions,
  })
  return `${certificate.toString('pem')}\n`
}

const extendedKeyUsages: Record<CertificateUsage, string> = {
  'client auth': ExtendedKeyUsage.clientAuth,
  'server auth': ExtendedKeyUsage.serverAuth,
}

const distinguishedName = ({ commonName, organizations = [] }: CertificateSubject): JsonName => [
  ...organizations.map((organization) => ({ O: [organization] })),
  { CN: [commonName] },
]

function alternativeNames({ dnsNames = [], ipAddresses = [] }: CertificateSubject) {
  for (const address of ipAddresses) {
    if (isIP(address) === 0) throw new Error(`certificate: ${JSON.stringify(address)} is not an IP address`)
  }
  if (dnsNames.length + ipAddresses.length === 0) return undefined
  return new SubjectAlternativeNameExtension([
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ])
}

function subjectOf(parsed: X509Certificate | Pkcs10CertificateRequest): Required<CertificateSubject> {
  const names =
    parsed.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension)?.names.items ?? []
  const valuesOf = (type: string) => names.filter((name) => name.type === type).map((name) => name.value)
  return {
    commonName: parsed.subjectName.getField('CN')[0] ?? '',
    organizations: parsed.subjectName.getField('O'),
    dnsNames: valuesOf('dns'),
    ipAddresses: valuesOf('ip'),
  }
}
