import { dump } from 'js-yaml'
import type { Accepted } from './negotiation.ts'

/** The bytes of an object in the form that was asked for. */
export function encodeObject(
  object: object,
  { mediaType, pretty }: Pick<Accepted, 'mediaType' | 'pretty'>,
): Uint8Array {
  if (mediaType === 'application/yaml') return Buffer.from(dump(object, { lineWidth: -1, noRefs: true }))
  return Buffer.from(pretty ? `${JSON.stringify(object, undefined, 2)}\n` : `${JSON.stringify(object)}\n`)
}
