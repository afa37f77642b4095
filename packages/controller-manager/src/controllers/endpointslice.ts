import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { services } from '@tandem/api/core/v1/service'
import type { Pod, Service } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { keyOf, type ObjectKey } from '@tandem/apimachinery'
import { type Controller, perRun } from '@tandem/controller-runtime'
import { desiredGroups } from '../endpoints/desired-slices.ts'
import { managedBy, managerName, planSlices, serviceName, sliceOwnerOf } from '../endpoints/plan-slices.ts'
import { hasManagedEndpoints, selectedPods, servicesSelecting } from '../endpoints/service-pods.ts'
import { SliceTracker } from '../endpoints/slice-tracker.ts'
import { writeSlices } from '../endpoints/write-slices.ts'
import { eventRule } from '../permissions.ts'

const trackerOf = perRun(() => new SliceTracker())
const byService = 'service'

/** Keeps the EndpointSlices of Services with a selector. Reads `max-endpoints-per-slice`. */
export const controller: Controller<Service> = {
  name: 'endpointslice-controller',
  eventSource: 'endpoint-slice-controller',
  for: services,
  watches: [
    { resource: pods, keys: (pod: Pod, { informer }) => servicesSelecting(pod, informer(services)) },
    { resource: endpointSlices, keys: serviceOf },
  ],
  permissions: [
    { apiGroups: [''], resources: ['services', 'pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    },
    eventRule,
  ],
  async setup(context) {
    const slices = context.informer(endpointSlices)
    slices.addIndex(byService, (slice) => serviceOf(slice).map(keyOf))
    slices.addHandler({
      deleted(slice) {
        for (const key of serviceOf(slice)) trackerOf(context).sawDeletion(keyOf(key), slice)
      },
    })
    context.informer(nodes)
  },
  async reconcile(key, context) {
    const { informer, settings } = context
    const service = informer(services).get(key)
    const tracker = trackerOf(context)
    // A deleted Service takes its slices along: it owns them.
    if (!service) tracker.forget(keyOf(key))
    if (!service || service.metadata.deletionTimestamp) return undefined
    const existing = informer(endpointSlices)
      .byIndex(byService, keyOf(key))
      .filter(({ metadata }) => !metadata.deletionTimestamp)
    if (!hasManagedEndpoints(service)) {
      if (service.spec?.type === 'ExternalName')
        await writeSlices({ create: [], update: [], delete: existing }, { owner: service, tracker, context })
      return undefined
    }
    if (tracker.isBehind(keyOf(key), informer(endpointSlices))) return { requeueAfter: 1000 }
    const desired = desiredGroups({
      service,
      pods: selectedPods(service, informer(pods)),
      node: (name) => informer(nodes).get({ name }),
    })
    const plan = planSlices(sliceOwnerOf(service), {
      desired,
      existing,
      maxEndpoints: Number(settings['max-endpoints-per-slice'] ?? 100),
    })
    await writeSlices(plan, { owner: service, tracker, context })
    return undefined
  },
}

function serviceOf({ metadata: { labels = {}, namespace } }: EndpointSlice): ObjectKey[] {
  const name = labels[serviceName]
  return name && labels[managedBy] === managerName ? [{ namespace, name }] : []
}
