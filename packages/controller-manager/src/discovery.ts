import { type KubernetesObject, parseApiVersion, type ResourceDefinition } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'

/** A resource as the server tells of it: enough to list, watch and delete what is of no type known here. */
export interface DiscoveredResource {
  definition: ResourceDefinition<KubernetesObject>
  verbs: readonly string[]
}

export interface Discovery {
  resources: DiscoveredResource[]
  /** Group versions that could not be asked about, with the reason. */
  failures: Map<string, string>
}

interface ResourceList {
  groupVersion: string
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[]; group?: string; version?: string }[]
}

interface GroupList {
  groups: { preferredVersion: { groupVersion: string }; versions: { groupVersion: string }[] }[]
}

/** Every resource once, in the version its group prefers; of resources that are only in another version, that one. */
export async function discover(client: Client): Promise<Discovery> {
  const [{ versions }, { groups }] = await Promise.all([
    client.request<{ versions: string[] }>({ path: '/api' }),
    client.request<GroupList>({ path: '/apis' }),
  ])
  const failures = new Map<string, string>()
  const read = async (groupVersion: string, root: string): Promise<DiscoveredResource[]> => {
    try {
      const list = await client.request<ResourceList>({ path: `${root}/${groupVersion}` })
      return list.resources
        .filter(({ name }) => !name.includes('/'))
        .map((resource) => discovered(groupVersion, resource))
    } catch (error) {
      failures.set(groupVersion, error instanceof Error ? error.message : String(error))
      return []
    }
  }
  const preferredFirst = groups.flatMap(({ preferredVersion, versions: all }) => [
    preferredVersion.groupVersion,
    ...all
      .map(({ groupVersion }) => groupVersion)
      .filter((groupVersion) => groupVersion !== preferredVersion.groupVersion),
  ])
  const lists = await Promise.all([
    ...versions.map((version) => read(version, '/api')),
    ...preferredFirst.map((groupVersion) => read(groupVersion, '/apis')),
  ])
  const byName = new Map<string, DiscoveredResource>()
  for (const resource of lists.flat()) {
    const name = `${resource.definition.group}/${resource.definition.plural}`
    if (!byName.has(name)) byName.set(name, resource)
  }
  return { resources: [...byName.values()], failures }
}

const discovered = (
  groupVersion: string,
  { name, kind, namespaced, verbs }: ResourceList['resources'][number],
): DiscoveredResource => ({
  definition: {
    ...parseApiVersion(groupVersion),
    kind,
    plural: name,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    schema: '',
  },
  verbs,
})

export const hasVerbs = ({ verbs }: DiscoveredResource, ...wanted: string[]): boolean =>
  wanted.every((verb) => verbs.includes(verb))

/** `deployments.apps`, `pods.`: how upstream's messages name a resource. */
export const qualifiedName = ({ definition: { plural, group } }: DiscoveredResource): string => `${plural}.${group}`
