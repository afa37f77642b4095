import { builtInSchema, definitions } from '@tandem/api'
import { apiVersionOf } from '@tandem/apimachinery'
import { decodeMessage } from '@tandem/apimachinery/wire/protobuf/decode'
import { encodeMessage } from '@tandem/apimachinery/wire/protobuf/encode'
import { envelopeEnd, envelopeHead, openEnvelope, sealEnvelope } from '@tandem/apimachinery/wire/protobuf/envelope'
import { Writer } from '@tandem/apimachinery/wire/protobuf/writer'

type Members = Record<string, unknown>

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** The schema of each kind that is sent, lists and what is never stored included. */
const schemas = new Map<string, string>([
  ['v1/Status', `${meta}.Status`],
  ['v1/APIGroup', `${meta}.APIGroup`],
  ['v1/APIGroupList', `${meta}.APIGroupList`],
  ['v1/APIResourceList', `${meta}.APIResourceList`],
  ['v1/APIVersions', `${meta}.APIVersions`],
  ['apidiscovery.k8s.io/v2/APIGroupDiscoveryList', 'io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList'],
  ['autoscaling/v1/Scale', 'io.k8s.api.autoscaling.v1.Scale'],
  ['authentication.k8s.io/v1/TokenRequest', 'io.k8s.api.authentication.v1.TokenRequest'],
  ...['v1', 'v1beta1'].flatMap((version) =>
    ['PartialObjectMetadata', 'PartialObjectMetadataList'].map(
      (kind) => [`meta.k8s.io/${version}/${kind}`, `${meta}.${kind}`] as const,
    ),
  ),
])
for (const definition of definitions) {
  const { kind, schema } = definition
  const apiVersion = apiVersionOf(definition)
  schemas.set(`${apiVersion}/${kind}`, schema)
  if (builtInSchema.has(`${schema}List`)) schemas.set(`${apiVersion}/${kind}List`, `${schema}List`)
}

/** Has a kind a form in protobuf? Custom resources have none. */
export const hasProtobuf = ({ kind, ...groupVersion }: { group: string; version: string; kind: string }): boolean =>
  schemas.has(`${apiVersionOf(groupVersion)}/${kind}`)

/** An object in its envelope, or undefined when protobuf has no form for its kind. */
export function encodeProtobuf(object: object): Buffer | undefined {
  // What discovery tells of the core group says no version in JSON.
  const { apiVersion = 'v1', kind = '' } = object as { apiVersion?: string; kind?: string }
  const schema = schemas.get(`${apiVersion}/${kind}`)
  if (!schema) return undefined
  return sealEnvelope({ apiVersion, kind, raw: encodeMessage(object as Members, schema, builtInSchema) })
}

export interface ProtobufList {
  /** An element as it stands in the list. */
  element(object: object): Buffer
  /** All that comes before the elements, which take so many bytes together. */
  head(length: number): Buffer
  readonly end: Buffer
}

/** A list, element by element, given its other members. */
export function protobufList(members: Members): ProtobufList {
  const { apiVersion = '', kind = '' } = members as { apiVersion?: string; kind?: string }
  const schema = schemas.get(`${apiVersion}/${kind}`)
  const items = schema ? builtInSchema.type(schema).fields.get('items') : undefined
  if (!schema || items?.type.kind !== 'list' || items.type.of.kind !== 'ref')
    throw new Error(`${apiVersion} ${kind} has no form in protobuf`)
  const { number = 0 } = items
  const { name } = items.type.of
  const before = encodeMessage(members, schema, builtInSchema)
  return {
    element(object) {
      const writer = new Writer()
      writer.bytes(number, encodeMessage(object as Members, name, builtInSchema))
      return writer.finish()
    },
    head: (length) => Buffer.concat([envelopeHead({ apiVersion, kind, length: before.length + length }), before]),
    end: envelopeEnd,
  }
}

/** A body as the JSON that it stands for. Of a kind other than expected, only what it is. */
export function decodeProtobuf(bytes: Buffer, expected: { schema: string; kind: string }): Members {
  const { apiVersion, kind, raw } = openEnvelope(bytes)
  const type = { ...(apiVersion && { apiVersion }), ...(kind && { kind }) }
  if (kind && kind !== expected.kind) return type
  return { ...type, ...decodeMessage(raw, expected.schema, builtInSchema) }
}

/** One event of a watch: its length in four bytes, then the event, with the object in an envelope of its own. */
export function encodeProtobufEvent(type: string, object: object): Buffer | undefined {
  const sealed = encodeProtobuf(object)
  if (!sealed) return undefined
  const raw = new Writer()
  raw.bytes(1, sealed)
  const event = new Writer()
  event.string(1, type)
  event.bytes(2, raw.finish())
  const body = event.finish()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}
