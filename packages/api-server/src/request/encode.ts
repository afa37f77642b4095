import { printYaml } from '@tandem/apimachinery/wire/yaml'
import type { Accepted, MediaType } from './negotiation.ts'
import { encodeProtobuf } from './protobuf.ts'

export interface Encoded {
  /** What it is in the end: kinds without a schema are JSON, whatever was asked for. */
  mediaType: MediaType
  body: Uint8Array
}

/** The bytes of an object in the form that was asked for. */
export function encodeObject(object: object, { mediaType, pretty }: Pick<Accepted, 'mediaType' | 'pretty'>): Encoded {
  if (mediaType === 'application/vnd.kubernetes.protobuf') {
    const body = encodeProtobuf(object)
    if (body) return { mediaType, body }
  }
  if (mediaType === 'application/yaml') return { mediaType, body: Buffer.from(printYaml(object)) }
  const text = pretty ? JSON.stringify(object, undefined, 2) : JSON.stringify(object)
  return { mediaType: 'application/json', body: Buffer.from(`${text}\n`) }
}
