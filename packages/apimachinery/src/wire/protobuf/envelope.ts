import { fieldsOf, ProtobufError } from './reader.ts'
import { Writer } from './writer.ts'

/** What `application/vnd.kubernetes.protobuf` begins with. */
const magic = Buffer.from('k8s\0')

/** runtime.Unknown: an object's bytes and what they are. */
export interface Envelope {
  apiVersion: string
  kind: string
  raw: Buffer
}

export function openEnvelope(bytes: Buffer): Envelope {
  if (!bytes.subarray(0, magic.length).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const envelope: Envelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0) }
  for (const { number, value } of fieldsOf(bytes.subarray(magic.length))) {
    if (value.kind !== 'bytes') continue
    if (number === 2) envelope.raw = value.value
    if (number !== 1) continue
    for (const { number: part, value: text } of fieldsOf(value.value))
      if (text.kind === 'bytes') envelope[part === 1 ? 'apiVersion' : 'kind'] = text.value.toString()
  }
  return envelope
}

export const sealEnvelope = ({ apiVersion, kind, raw }: Envelope): Buffer =>
  Buffer.concat([envelopeHead({ apiVersion, kind, length: raw.length }), raw, envelopeEnd])

/** What comes before an object's bytes, for those who do not have them all at once. */
export function envelopeHead({
  apiVersion,
  kind,
  length,
}: {
  apiVersion: string
  kind: string
  length: number
}): Buffer {
  const typeMeta = new Writer()
  typeMeta.string(1, apiVersion)
  typeMeta.string(2, kind)
  const unknown = new Writer()
  unknown.bytes(1, typeMeta.finish())
  unknown.lengthOf(2, length)
  return Buffer.concat([magic, unknown.finish()])
}

/** What comes after them: no encoding and no content type of their own. */
export const envelopeEnd: Buffer = (() => {
  const unknown = new Writer()
  unknown.string(3, '')
  unknown.string(4, '')
  return unknown.finish()
})()
