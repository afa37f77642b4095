import type { KubernetesObject } from '@tandem/apimachinery'
import { parseYamlDocuments } from '@tandem/apimachinery/wire/yaml'
import type { Client } from '@tandem/client'
import { createResourceMapper } from '@tandem/client/discovery'

/** Parses a file of one or many objects. */
export const parseManifests = (yaml: string): KubernetesObject[] =>
  parseYamlDocuments(yaml).filter((object) => object !== null) as KubernetesObject[]

/** Applies objects in their order by server-side apply, as the field manager `tandem`; taking over what another manager set. */
export async function applyObjects(
  client: Client,
  objects: readonly KubernetesObject[],
  namespace = 'default',
): Promise<void> {
  const mapper = createResourceMapper(client)
  for (const object of objects) {
    const { apiVersion = '', kind = '' } = object
    const resource = await mapper.find({ apiVersion, kind })
    if (!resource) throw new Error(`the server has no kind ${kind} in ${apiVersion}`)
    const key = { name: object.metadata.name, namespace: object.metadata.namespace ?? namespace }
    await client.patch(resource, key, { type: 'apply', body: object }, { fieldManager: 'tandem', force: true })
  }
}
