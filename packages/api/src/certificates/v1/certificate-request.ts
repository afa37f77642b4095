import { createPublicKey, verify } from 'node:crypto'
import { type DerValue, derMembers, derOid, derTag, readDer, readDerValue } from '@tandem/apimachinery/der'
import { readPem } from '@tandem/apimachinery/pem'

/** What a PKCS#10 request asks for, as far as anyone here decides on it. */
export interface ParsedCertificateRequest {
  commonName: string
  organizations: string[]
  dnsNames: string[]
  emailAddresses: string[]
  uris: string[]
  /** How many addresses are asked for; the signer takes them over as they are. */
  ipAddresses: number
  /** Throws unless the request is signed with the key it is for. */
  checkSignature(): void
}

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  san: '2.5.29.17',
}

const digests: Readonly<Record<string, string | undefined>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}
const ed25519 = '1.3.101.112'
const insecure: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5-RSA',
  '1.2.840.113549.1.1.5': 'SHA1-RSA',
  '1.2.840.10045.4.1': 'ECDSA-SHA1',
}

/** Reads the `request` of a CertificateSigningRequest: base64 of PEM. */
export function parseCertificateRequest(request: string): ParsedCertificateRequest {
  const [block] = readPem(Buffer.from(request, 'base64').toString('latin1'))
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const [info, algorithm, signature] = derMembers(readDerValue(block.der, derTag.sequence))
  const [, subject, publicKey, attributes] = derMembers(info)
  const names = subjectNames(subject)
  const valuesOf = (oid: string) => names.filter((name) => name.oid === oid).map(({ value }) => value)
  const alternatives = attributes ? alternativeNames(attributes) : []
  const texts = (tag: number) => alternatives.filter((name) => name.tag === tag).map(({ content }) => textOf(content))
  return {
    commonName: valuesOf(oids.commonName).at(-1) ?? '',
    organizations: valuesOf(oids.organization),
    emailAddresses: texts(0x81),
    dnsNames: texts(0x82),
    uris: texts(0x86),
    ipAddresses: alternatives.filter(({ tag }) => tag === 0x87).length,
    checkSignature: () => checkSignature({ info, algorithm, signature, publicKey }),
  }
}

const textOf = (content: Uint8Array): string => Buffer.from(content).toString('utf8')

const subjectNames = (subject: DerValue | undefined): { oid: string; value: string }[] =>
  derMembers(subject)
    .flatMap((set) => derMembers(set, derTag.set))
    .map((pair) => {
      const [type, value] = derMembers(pair)
      return { oid: derOid(type), value: textOf(value?.content ?? new Uint8Array()) }
    })

/** The general names of the extension that asks for alternative names, if there is one. */
function alternativeNames(attributes: DerValue): DerValue[] {
  for (const attribute of readDer(attributes.content)) {
    const [type, values] = derMembers(attribute)
    if (derOid(type) !== oids.extensionRequest) continue
    for (const extension of derMembers(values, derTag.set).flatMap((list) => derMembers(list))) {
      const [id, ...rest] = derMembers(extension)
      const value = rest.at(-1)
      if (derOid(id) === oids.san && value) return derMembers(readDerValue(value.content, derTag.sequence))
    }
  }
  return []
}

interface Signed {
  info: DerValue | undefined
  algorithm: DerValue | undefined
  signature: DerValue | undefined
  publicKey: DerValue | undefined
}

function checkSignature({ info, algorithm, signature, publicKey }: Signed): void {
  if (!info || !publicKey || signature?.tag !== derTag.bitString) throw new Error('x509: malformed certificate request')
  const oid = derOid(derMembers(algorithm)[0])
  if (insecure[oid]) throw new Error(`x509: cannot verify signature: insecure algorithm ${insecure[oid]}`)
  const digest = digests[oid]
  if (!digest && oid !== ed25519) throw new Error('x509: cannot verify signature: algorithm unimplemented')
  const key = createPublicKey({ key: Buffer.from(publicKey.encoded), format: 'der', type: 'spki' })
  if (!verify(digest ?? null, info.encoded, key, signature.content.subarray(1)))
    throw new Error('x509: certificate request signature does not match its key')
}
