import { allVerbs, type ResourceDefinition, type SubresourceInfo } from '@tandem/apimachinery'
import { byPreference } from './discovery.ts'
import { subresourcesOf } from './subresources.ts'

export type AggregatedVersion = 'v2' | 'v2beta1'

/** The media type under which clients ask for all of discovery at once. */
export const aggregatedType = (version: AggregatedVersion): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

/** Which version of aggregated discovery an Accept header prefers, if any; the plain form is for all others. */
export function acceptedAggregation(accept: string | undefined): AggregatedVersion | undefined {
  for (const clause of accept?.split(',') ?? []) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
    const { g, v, as } = Object.fromEntries(parameters.map((parameter) => parameter.split('=', 2)))
    if (type !== 'application/json') continue
    if (as === undefined) return undefined
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v
  }
  return undefined
}

/** `/api` (the core group) and `/apis` (all others), with every resource of every version. */
export function groupDiscoveryList(definitions: readonly ResourceDefinition[], version: AggregatedVersion) {
  const groups = Map.groupBy(definitions, ({ group }) => group)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups].map(([group, members]) => ({
      metadata: { ...(group && { name: group }), creationTimestamp: null },
      versions: versionsOf(members),
    })),
  }
}

const versionsOf = (definitions: readonly ResourceDefinition[]) =>
  [...Map.groupBy(definitions, ({ version }) => version)]
    .sort(([a], [b]) => byPreference(a, b))
    .map(([version, members]) => ({
      version,
      resources: members.map(resourceOf).sort((a, b) => (a.resource < b.resource ? -1 : 1)),
      freshness: 'Current',
    }))

function resourceOf(definition: ResourceDefinition) {
  const { plural, kind, scope, shortNames, categories, verbs } = definition
  const subresources = subresourcesOf(definition).map((sub) => ({
    subresource: sub.name,
    responseKind: kindOf(sub, definition),
    verbs: [...sub.verbs],
  }))
  return {
    resource: plural,
    responseKind: kindOf(definition, definition),
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular ?? kind.toLowerCase(),
    verbs: [...(verbs ?? allVerbs)],
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length && { subresources }),
  }
}

/** A group and version other than the resource's own are told; the reader fills in its own otherwise. */
const kindOf = ({ kind, group, version }: Partial<SubresourceInfo>, own: ResourceDefinition) => ({
  group: group ?? own.group,
  version: version ?? own.version,
  kind,
})
