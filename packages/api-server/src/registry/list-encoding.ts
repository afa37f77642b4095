import { apiVersionOf, type KubernetesObject, type ListMeta, type ResourceDefinition } from '@tandem/apimachinery'
import type { StoredList } from './store.ts'

// Large enough that few writes carry a list, small enough that one is copied in well under a millisecond.
const chunkBytes = 1 << 20

/** A list as JSON: the bytes of its objects, concatenated. In chunks, to be written as the connection takes them. */
export function* encodeList<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { entries, ...list }: StoredList<T>,
): Generator<Buffer> {
  const { listKind = `${definition.kind}List` } = definition
  const metadata: ListMeta = {
    resourceVersion: String(list.revision),
    ...(list.continue && { continue: list.continue }),
    ...(list.remainingItemCount && { remainingItemCount: list.remainingItemCount }),
  }
  const head = { kind: listKind, apiVersion: apiVersionOf(definition), metadata }
  let parts: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
  let size = 0
  for (const [i, { json }] of entries.entries()) {
    if (i > 0) parts.push(comma)
    parts.push(json)
    size += json.byteLength + 1
    if (size < chunkBytes) continue
    yield Buffer.concat(parts)
    parts = []
    size = 0
  }
  parts.push(end)
  yield Buffer.concat(parts)
}

const comma = Buffer.from(',')
const end = Buffer.from(']}')
