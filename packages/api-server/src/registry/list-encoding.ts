import { apiVersionOf, type KubernetesObject, type ListMeta, type ResourceDefinition } from '@tandem/apimachinery'
import type { StoredList } from './store.ts'

/** A list as JSON: the bytes of its objects, one after the other, to be written as the connection takes them. */
export function* encodeList<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { entries, ...list }: StoredList<T>,
): Generator<Uint8Array> {
  const { listKind = `${definition.kind}List` } = definition
  const metadata: ListMeta = {
    resourceVersion: String(list.revision),
    ...(list.continue && { continue: list.continue }),
    ...(list.remainingItemCount && { remainingItemCount: list.remainingItemCount }),
  }
  const head = { kind: listKind, apiVersion: apiVersionOf(definition), metadata }
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)
  for (const [i, { json }] of entries.entries()) {
    if (i > 0) yield comma
    yield json
  }
  yield end
}

const comma = Buffer.from(',')
const end = Buffer.from(']}')
