import { allVerbs, type ResourceDefinition, type SubresourceInfo } from '@tandem/apimachinery'
import { clausesOf, type MediaType, matches } from '../request/negotiation.ts'
import { groupsInOrder } from './group-order.ts'
import { subresourcesOf } from './subresources.ts'
import { byPreference } from './version-order.ts'

/** The media type of all of discovery at once, in the form in which it is sent. */
export const aggregatedType = (mediaType: MediaType): string =>
  `${mediaType};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`

const mediaTypes: readonly MediaType[] = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** In which form an Accept header takes aggregated discovery, if in any: the plain one is for all others. */
export function acceptedAggregation(accept = ''): MediaType | undefined {
  for (const { type, parameters } of clausesOf(accept)) {
    const { g, v, as } = parameters
    if (g !== 'apidiscovery.k8s.io' || v !== 'v2' || as !== 'APIGroupDiscoveryList') continue
    const found = mediaTypes.find((mediaType) => matches(type, mediaType))
    if (found) return found
  }
  return undefined
}

/** `/api` (the core group) and `/apis` (all others), with every resource of every version. */
export function groupDiscoveryList(definitions: readonly ResourceDefinition[]) {
  const groups = Map.groupBy(definitions, ({ group }) => group)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groupsInOrder(definitions).map((group) => ({
      metadata: { ...(group && { name: group }) },
      versions: versionsOf(groups.get(group) ?? []),
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
    responseKind: kindOf(sub),
    verbs: [...sub.verbs],
  }))
  return {
    resource: plural,
    responseKind: kindOf({ kind }),
    scope: scope === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular ?? kind.toLowerCase(),
    verbs: [...(verbs ?? allVerbs)],
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length && { subresources }),
  }
}

/** A group and version other than the resource's own are told; the reader fills in its own otherwise. */
const kindOf = ({ kind, group = '', version = '' }: Pick<SubresourceInfo, 'kind' | 'group' | 'version'>) => ({
  group,
  version,
  kind,
})
