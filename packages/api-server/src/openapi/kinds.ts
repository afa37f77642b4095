import type { ResourceDefinition } from '@tandem/apimachinery'
import { listType } from './operations.ts'
import type { Json } from './schema.ts'

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Which kinds a type is, as its schema says it: `explain` and printers find schemas by that. */
export function kindsOf(definitions: readonly ResourceDefinition[]): Map<string, Json> {
  const kinds = new Map<string, Json>()
  const add = (type: string, kind: { group: string; version: string; kind: string }) =>
    kinds.set(type, { 'x-kubernetes-group-version-kind': [kind] })
  for (const definition of definitions) {
    const { schema, group, version, kind, listKind = `${kind}List` } = definition
    add(schema, { group, kind, version })
    add(listType(definition), { group, kind: listKind, version })
  }
  for (const kind of ['Status', 'DeleteOptions', 'WatchEvent'])
    add(`${metaTypes}.${kind}`, { group: '', version: 'v1', kind })
  return kinds
}
