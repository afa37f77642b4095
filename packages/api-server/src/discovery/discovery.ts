import { createHash } from 'node:crypto'
import { allVerbs, apiVersionOf, type ResourceDefinition } from '@tandem/apimachinery'
import { groupsInOrder } from './group-order.ts'
import { subresourcesOf } from './subresources.ts'
import { byPreference } from './version-order.ts'

/** `/api`: the versions of the core group. */
export const apiVersions = (address: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
})

/** `/apis`: all other groups. */
export const apiGroupList = (definitions: readonly ResourceDefinition[]) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsInOrder(definitions.filter(({ group }) => group !== '')).flatMap(
    (group) => groupOf(definitions, group) ?? [],
  ),
})

/** `/apis/<group>`, or undefined when there is none. */
export function apiGroup(definitions: readonly ResourceDefinition[], group: string) {
  const found = groupOf(definitions, group)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...found }
}

function groupOf(definitions: readonly ResourceDefinition[], name: string) {
  const versions = [...new Set(definitions.filter(({ group }) => group === name).map(({ version }) => version))]
    .sort(byPreference)
    .map((version) => ({ groupVersion: apiVersionOf({ group: name, version }), version }))
  return versions.length === 0 || name === '' ? undefined : { name, versions, preferredVersion: versions[0] }
}

/** `/api/v1` and `/apis/<group>/<version>`, or undefined when nothing is served there. */
export function apiResourceList(
  definitions: readonly ResourceDefinition[],
  { group, version }: { group: string; version: string },
) {
  const served = definitions.filter((definition) => definition.group === group && definition.version === version)
  if (served.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    // The list of the core group goes without, as upstream's does.
    ...(group && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(resourcesOf).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** Tells storage migrators when a resource begins to be kept in another version. */
function storageVersionHash({ storedAs, ...definition }: ResourceDefinition): string {
  const { group, version, kind } = storedAs?.definition ?? definition
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function resourcesOf(definition: ResourceDefinition) {
  const { plural, kind, shortNames, categories, verbs } = definition
  const namespaced = definition.scope === 'Namespaced'
  const singularName = definition.singular ?? kind.toLowerCase()
  const sub = (name: string, rest: { kind: string; verbs: readonly string[]; group?: string; version?: string }) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...rest,
  })
  return [
    {
      name: plural,
      singularName,
      namespaced,
      kind,
      verbs: [...(verbs ?? allVerbs)],
      ...(shortNames && { shortNames }),
      ...(categories && { categories }),
      ...(!definition.virtual && { storageVersionHash: storageVersionHash(definition) }),
    },
    ...subresourcesOf(definition).map(({ name, ...rest }) => sub(name, rest)),
  ]
}
