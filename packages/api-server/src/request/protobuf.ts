import { builtInSchema, definitions } from '@tandem/api'
import { apiVersionOf } from '@tandem/apimachinery'
import { decodeMessage } from '@tandem/apimachinery/wire/protobuf/decode'
import { encodeMessage } from '@tandem/apimachinery/wire/protobuf/encode'
import { openEnvelope, sealEnvelope } from '@tandem/apimachinery/wire/protobuf/envelope'
import { Writer } from '@tandem/apimachinery/wire/protobuf/writer'

type Members = Record<string, unknown>

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** The schema of each kind that is sent, lists and what is never stored included. */
const schemas = new Map<string, string>([
  ['v1/Status', `${meta}.Status`],
  ['autoscaling/v1/Scale', 'io.k8s.api.autoscaling.v1.Scale'],
  ['authentication.k8s.io/v1/TokenRequest', 'io.k8s.api.authentication.v1.TokenRequest'],
  ['meta.k8s.io/v1/PartialObjectMetadata', `${meta}.PartialObjectMetadata`],
  ['meta.k8s.io/v1/PartialObjectMetadataList', `${meta}.PartialObjectMetadataList`],
])
for (const definition of definitions) {
  const { kind, schema } = definition
  const apiVersion = apiVersionOf(definition)
  schemas.set(`${apiVersion}/${kind}`, schema)
  if (builtInSchema.has(`${schema}List`)) schemas.set(`${apiVersion}/${kind}List`, `${schema}List`)
}

/** An object in its envelope, or undefined when protobuf has no form for its kind. */
export function encodeProtobuf(object: object): Buffer | undefined {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string }
  const schema = schemas.get(`${apiVersion}/${kind}`)
  if (!schema) return undefined
  return sealEnvelope({ apiVersion, kind, raw: encodeMessage(object as Members, schema, builtInSchema) })
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
