import { builtInSchema } from '@tandem/api'
import { decodeMessage } from '@tandem/apimachinery/wire/protobuf/decode'
import { openEnvelope } from '@tandem/apimachinery/wire/protobuf/envelope'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

/** The JSON that a protobuf body stands for. Of another kind than expected it says no more than that. */
export function parseProtobuf(
  bytes: Buffer,
  { kind, schema }: { kind: string; schema: string },
): Record<string, unknown> {
  const envelope = openEnvelope(bytes)
  const typeMeta = { apiVersion: envelope.apiVersion, kind: envelope.kind }
  if (envelope.kind !== kind) return typeMeta
  return { ...typeMeta, ...decodeMessage(envelope.raw, schema, builtInSchema) }
}
