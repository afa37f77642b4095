import { apiVersionOf, parseApiVersion, type ResourceDefinition, type Verb } from '@tandem/apimachinery'
import type { Client } from './client.ts'

interface APIResourceList {
  groupVersion: string
  resources: { name: string; singularName: string; kind: string; namespaced: boolean; verbs: string[] }[]
}

interface APIGroupList {
  groups: { name: string; preferredVersion: { groupVersion: string }; versions: { groupVersion: string }[] }[]
}

/** What a client needs to speak of a resource it has no definition of: found by asking the server. */
export type DiscoveredResource = ResourceDefinition & { readonly verbs: readonly Verb[] }

/** The resources (no subresources) of one group version; empty when the server does not serve it. */
export async function discoverGroupVersion(client: Client, apiVersion: string): Promise<DiscoveredResource[]> {
  const root = apiVersion.includes('/') ? '/apis' : '/api'
  const list = await client.request<APIResourceList>({ path: `${root}/${apiVersion}` })
  return list.resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, singularName, kind, namespaced, verbs }) => ({
      ...parseApiVersion(apiVersion),
      kind,
      plural: name,
      singular: singularName,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      schema: '',
      verbs: verbs as Verb[],
    }))
}

/** Every resource, each in the version its group prefers. A group that does not answer is left out and named. */
export async function discoverPreferred(
  client: Client,
): Promise<{ resources: DiscoveredResource[]; failedGroupVersions: string[] }> {
  const { groups } = await client.request<APIGroupList>({ path: '/apis' })
  const versions = ['v1', ...groups.map((group) => group.preferredVersion.groupVersion)]
  const results = await Promise.allSettled(versions.map((version) => discoverGroupVersion(client, version)))
  return {
    resources: results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    failedGroupVersions: versions.filter((_, index) => results[index]?.status === 'rejected'),
  }
}

export interface ResourceMapper {
  /** The resource of an object's apiVersion and kind; undefined when the server has none. Answers are kept. */
  find(object: { apiVersion: string; kind: string }): Promise<DiscoveredResource | undefined>
}

export function createResourceMapper(client: Client): ResourceMapper {
  const known = new Map<string, Promise<DiscoveredResource[]>>()
  return {
    async find({ apiVersion, kind }) {
      const resources = known.get(apiVersion) ?? discoverGroupVersion(client, apiVersion)
      known.set(apiVersion, resources)
      const found = (await resources.catch(() => [])).find((resource) => resource.kind === kind)
      // What is not there now may come: a custom resource's definition may be among what is being applied.
      if (!found) known.delete(apiVersion)
      return found
    },
  }
}

export const sameResource = (a: ResourceDefinition, b: ResourceDefinition): boolean =>
  a.plural === b.plural && apiVersionOf(a) === apiVersionOf(b)
