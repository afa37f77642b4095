import type { KubernetesObject } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { type DiscoveredResource, discoverPreferred } from '@tandem/client/discovery'

/** Which objects of a namespace are meant: by name, by label, or all that a user made. */
export interface Selection {
  namespace: string
  /** `deployment/front`, `svc/front`, `configmaps/front`: as kubectl takes them. */
  names?: readonly string[]
  labelSelector?: string
}

export interface SelectedObject {
  resource: DiscoveredResource
  object: KubernetesObject
}

/** The selection names something that is not there, or nothing at all. */
export class SelectionError extends Error {
  readonly code = 'PROMOTION_SELECTION'
}

/** Kinds that controllers, or the cluster itself, make: they follow from what is promoted. */
const derivedKinds = new Set([
  'Event',
  'Endpoints',
  'EndpointSlice',
  'Lease',
  'ControllerRevision',
  'ReplicaSet',
  'Pod',
  'PodMetrics',
  'Binding',
])

/** Objects every namespace gets by itself. */
const ownedByNamespace = (object: KubernetesObject): boolean =>
  (object.kind === 'ConfigMap' && object.metadata.name === 'kube-root-ca.crt') ||
  (object.kind === 'ServiceAccount' && object.metadata.name === 'default') ||
  (object.kind === 'Service' && object.metadata.name === 'kubernetes' && object.metadata.namespace === 'default')

const isDerived = (object: KubernetesObject): boolean =>
  derivedKinds.has(object.kind ?? '') || ownedByNamespace(object) || (object.metadata.ownerReferences?.length ?? 0) > 0

/** Reads the selected objects, in an order in which they can be applied. */
export async function selectObjects(client: Client, selection: Selection): Promise<SelectedObject[]> {
  const { resources } = await discoverPreferred(client)
  const namespaced = resources.filter(
    ({ scope, verbs }) => scope === 'Namespaced' && verbs.includes('get') && verbs.includes('patch'),
  )
  const selected = selection.names?.length
    ? await byName(client, namespaced, selection)
    : await byLabel(client, namespaced, selection)
  if (selected.length === 0) throw new SelectionError(`nothing in namespace ${selection.namespace} is selected`)
  return selected.sort((a, b) => applyOrder(a.object.kind) - applyOrder(b.object.kind))
}

function byName(
  client: Client,
  resources: readonly DiscoveredResource[],
  { namespace, names = [] }: Selection,
): Promise<SelectedObject[]> {
  return Promise.all(
    names.map(async (given) => {
      const [type = '', name] = given.split('/')
      if (!name) throw new SelectionError(`${JSON.stringify(given)} is not of the form kind/name`)
      const resource = resources.find((candidate) => answersTo(candidate, type.toLowerCase()))
      if (!resource) throw new SelectionError(`the server doesn't have a resource type ${JSON.stringify(type)}`)
      return { resource, object: await client.get(resource, { namespace, name }) }
    }),
  )
}

async function byLabel(
  client: Client,
  resources: readonly DiscoveredResource[],
  { namespace, labelSelector }: Selection,
): Promise<SelectedObject[]> {
  const candidates = resources.filter(({ kind, verbs }) => !derivedKinds.has(kind) && verbs.includes('list'))
  const lists = await Promise.all(
    candidates.map(async (resource) => {
      const { items } = await client.list(resource, { namespace, labelSelector })
      return items.filter((object) => !isDerived(object)).map((object) => ({ resource, object }))
    }),
  )
  return lists.flat()
}

/** By plural, singular, short name or kind, with or without the group: `deployments.apps`. */
function answersTo({ plural, singular, shortNames = [], kind, group }: DiscoveredResource, type: string): boolean {
  const names = [plural, singular ?? '', kind.toLowerCase(), ...shortNames]
  return names.includes(type) || names.some((name) => `${name}.${group}` === type)
}

const order = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Role',
  'RoleBinding',
  'Service',
]
/** What others need comes first; workloads and the rest last. */
const applyOrder = (kind = ''): number => (order.includes(kind) ? order.indexOf(kind) : order.length)
