import { endpoints } from '@tandem/api/core/v1/endpoints'
import { services } from '@tandem/api/core/v1/service'
import type { Endpoints, Service } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { keyOf, type ObjectKey } from '@tandem/apimachinery'
import { type Controller, perRun } from '@tandem/controller-runtime'
import { isMirrored, mirroredGroups, mirrorName, mirrorOwnerOf } from '../endpoints/mirrored.ts'
import { managedBy, planSlices, serviceName } from '../endpoints/plan-slices.ts'
import { SliceTracker } from '../endpoints/slice-tracker.ts'
import { writeSlices } from '../endpoints/write-slices.ts'
import { eventRule } from '../permissions.ts'

const trackerOf = perRun(() => new SliceTracker())
const byEndpoints = 'mirrored endpoints'
const maxEndpoints = 1000

/** Tells by slices what somebody says by Endpoints of a Service without a selector. */
export const controller: Controller<Endpoints> = {
  name: 'endpointslice-mirroring-controller',
  role: 'endpointslicemirroring-controller',
  eventSource: 'endpoint-slice-mirroring-controller',
  for: endpoints,
  watches: [
    { resource: services, keys: ({ metadata: { namespace, name } }: Service) => [{ namespace, name }] },
    { resource: endpointSlices, keys: mirroredBy },
  ],
  permissions: [
    { apiGroups: [''], resources: ['endpoints'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['endpoints/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    },
    eventRule,
  ],
  setup(context) {
    const slices = context.informer(endpointSlices)
    slices.addIndex(byEndpoints, (slice) => mirroredBy(slice).map(keyOf))
    slices.addHandler({
      deleted(slice) {
        for (const key of mirroredBy(slice)) trackerOf(context).sawDeletion(keyOf(key), slice)
      },
    })
  },
  async reconcile(key, context) {
    const { informer } = context
    const tracker = trackerOf(context)
    const object = informer(endpoints).get(key)
    const service = informer(services).get(key)
    const existing = informer(endpointSlices).byIndex(byEndpoints, keyOf(key))
    const isWanted = object && service && service.spec?.selector === undefined && isMirrored(object)
    if (!isWanted) {
      const owner = object ?? { metadata: { ...existing[0]?.metadata, ...key } as Endpoints['metadata'] }
      if (existing.length > 0) {
        await writeSlices({ create: [], update: [], delete: existing }, { owner, tracker, context })
      }
      return undefined
    }
    if (tracker.isBehind(keyOf(key), informer(endpointSlices))) return { requeueAfter: 1000 }
    const plan = planSlices(mirrorOwnerOf(object), { desired: mirroredGroups(object), existing, maxEndpoints })
    await writeSlices(plan, { owner: object, tracker, context })
    return undefined
  },
}

function mirroredBy({ metadata: { labels = {}, namespace } }: EndpointSlice): ObjectKey[] {
  const name = labels[serviceName]
  return name && labels[managedBy] === mirrorName ? [{ namespace, name }] : []
}
