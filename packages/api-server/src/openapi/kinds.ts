import { apiVersionOf, type ResourceDefinition } from '@tandem/apimachinery'
import { subresourcesOf } from '../discovery/subresources.ts'
import { type GroupVersionKind, type HasType, listType, typeOfKind } from './operations.ts'

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Which kinds a type is, as its schema says it: `explain` and printers find schemas by that. `described` is what the document is about. */
export function kindsOf(
  definitions: readonly ResourceDefinition[],
  { described, hasType }: { described: readonly ResourceDefinition[]; hasType: HasType },
): Map<string, GroupVersionKind[]> {
  const kinds = new Map<string, GroupVersionKind[]>()
  for (const definition of definitions) {
    const { schema, group, version, kind, listKind = `${kind}List` } = definition
    kinds.set(schema, [{ group, kind, version }])
    kinds.set(listType(definition), [{ group, kind: listKind, version }])
    for (const sub of subresourcesOf(definition)) {
      const of = { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind }
      const type = typeOfKind(of, hasType)
      if (type) kinds.set(type, [of])
    }
  }
  kinds.set(`${metaTypes}.Status`, [{ group: '', version: 'v1', kind: 'Status' }])
  for (const kind of ['APIVersions', 'APIGroupList', 'APIGroup', 'APIResourceList'])
    kinds.set(`${metaTypes}.${kind}`, [{ group: '', version: 'v1', kind }])
  // Every group and version has these.
  const served = new Map([{ group: '', version: 'v1' }, ...described].map((of) => [apiVersionOf(of), of]))
  for (const kind of ['DeleteOptions', 'WatchEvent'])
    kinds.set(
      `${metaTypes}.${kind}`,
      [...served.values()].map(({ group, version }) => ({ group, kind, version })),
    )
  return kinds
}
