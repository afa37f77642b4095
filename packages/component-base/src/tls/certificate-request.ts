import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { CertificateAuthority } from './certificate-authority.ts'
import { signingAlgorithm } from './keys.ts'
import { serialNumber } from './validity.ts'

const keyUsages: Readonly<Record<string, number>> = {
  signing: KeyUsageFlags.digitalSignature,
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
  'cert sign': KeyUsageFlags.keyCertSign,
  'crl sign': KeyUsageFlags.cRLSign,
  'encipher only': KeyUsageFlags.encipherOnly,
  'decipher only': KeyUsageFlags.decipherOnly,
}

const extendedKeyUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

export interface SigningPolicy {
  /** As the certificates API names them. */
  usages: readonly string[]
  notBefore: number
  notAfter: number
}

/**
 * Signs a PKCS#10 request (PEM) with the usages that the certificates API names. Subject and alternative names are taken over as they
 * are, other extensions are not; who may ask for what is the caller's to decide. Never valid for longer than the authority is.
 */
export async function signWithPolicy(
  authority: CertificateAuthority,
  request: string,
  { usages, notBefore, notAfter }: SigningPolicy,
): Promise<string> {
  const parsed = new Pkcs10CertificateRequest(request)
  if (!(await parsed.verify())) throw new Error('unable to verify certificate request signature')
  const end = authority.parsed.notAfter.getTime()
  if (notBefore >= end) throw new Error(`the signer has expired: NotAfter=${new Date(end).toISOString()}`)
  const names = parsed.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: parsed.subjectName,
    issuer: authority.parsed.subjectName,
    notBefore: new Date(notBefore),
    notAfter: new Date(Math.min(notAfter, end)),
    publicKey: parsed.publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm,
    extensions: [
      ...usageExtensions(usages),
      new BasicConstraintsExtension(false, undefined, true),
      await AuthorityKeyIdentifierExtension.create(authority.parsed.publicKey),
      ...(names ? [names] : []),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

function usageExtensions(usages: readonly string[]): Extension[] {
  const unknown = usages.filter((usage) => keyUsages[usage] === undefined && extendedKeyUsages[usage] === undefined)
  if (unknown.length > 0)
    throw new Error(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(' ')}]`)
  const flags = usages.reduce((all, usage) => all | (keyUsages[usage] ?? 0), 0)
  const extended = [...new Set(usages.flatMap((usage) => extendedKeyUsages[usage] ?? []))]
  return [
    ...(flags ? [new KeyUsagesExtension(flags, true)] : []),
    ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
  ]
}
