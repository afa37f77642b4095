import { endpoints } from '@tandem/api/core/v1/endpoints'
import { pods } from '@tandem/api/core/v1/pod'
import { services } from '@tandem/api/core/v1/service'
import type { Endpoints, Pod, Service } from '@tandem/api/core/v1/types'
import { equalJson, isAlreadyExists, isConflict, isNotFound, type New } from '@tandem/apimachinery'
import type { Controller, ControllerContext } from '@tandem/controller-runtime'
import { hasManagedEndpoints, isHeadless, selectedPods, servicesSelecting } from '../endpoints/service-pods.ts'
import { endpointSubsets, truncateSubsets } from '../endpoints/subsets.ts'
import { isNamespaceTerminating, messageOf } from '../failure.ts'
import { eventRule } from '../permissions.ts'

const managedBy = 'endpoints.kubernetes.io/managed-by'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'
const headless = 'service.kubernetes.io/headless'

/** Keeps the Endpoints of Services with a selector, for clients that know no slices. */
export const controller: Controller<Service> = {
  name: 'endpoints-controller',
  role: 'endpoint-controller',
  eventSource: 'endpoint-controller',
  for: services,
  watches: [
    { resource: pods, keys: (pod: Pod, { informer }) => servicesSelecting(pod, informer(services)) },
    { resource: endpoints, keys: ({ metadata: { namespace, name } }: Endpoints) => [{ namespace, name }] },
  ],
  permissions: [
    { apiGroups: [''], resources: ['services', 'pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['endpoints'], verbs: ['get', 'list', 'create', 'update', 'delete'] },
    { apiGroups: [''], resources: ['endpoints/restricted'], verbs: ['create'] },
    eventRule,
  ],
  async reconcile(key, context) {
    const { client, informer } = context
    const service = informer(services).get(key)
    const current = informer(endpoints).get(key)
    if (!service) {
      // Endpoints that somebody keeps without a Service are theirs.
      if (current?.metadata.labels?.[managedBy] === 'endpoint-controller') {
        await client.delete(endpoints, key).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      }
      return undefined
    }
    if (!hasManagedEndpoints(service) || service.metadata.deletionTimestamp) return undefined
    const wanted = desiredEndpoints(service, { current, selected: selectedPods(service, informer(pods)) })
    const isCurrent =
      current &&
      equalJson(wanted.subsets, current.subsets ?? []) &&
      equalJson(wanted.metadata.labels, current.metadata.labels ?? {}) &&
      wanted.metadata.annotations?.[overCapacity] === current.metadata.annotations?.[overCapacity]
    if (!isCurrent) await write(wanted, { current, service, context })
    return undefined
  },
}

function desiredEndpoints(
  service: Service,
  { current, selected }: { current: Endpoints | undefined; selected: readonly Pod[] },
): New<Endpoints> {
  const { namespace, name, labels } = service.metadata
  const { subsets, truncated } = truncateSubsets(endpointSubsets(service, selected))
  const { [headless]: _headless, ...serviceLabels } = labels ?? {}
  const { [overCapacity]: _overCapacity, ...annotations } = current?.metadata.annotations ?? {}
  return {
    metadata: {
      ...current?.metadata,
      name,
      ...(namespace && { namespace }),
      labels: { ...serviceLabels, ...(isHeadless(service) && { [headless]: '' }), [managedBy]: 'endpoint-controller' },
      annotations: { ...annotations, ...(truncated && { [overCapacity]: 'truncated' }) },
    },
    subsets,
  }
}

async function write(
  wanted: New<Endpoints>,
  { current, service, context }: { current: Endpoints | undefined; service: Service; context: ControllerContext },
): Promise<void> {
  const { client, recorder } = context
  const { namespace, name } = service.metadata
  try {
    if (current) await client.update(endpoints, { ...wanted, metadata: { ...current.metadata, ...wanted.metadata } })
    else await client.create(endpoints, wanted)
  } catch (error) {
    // The cache was behind: that is nobody's concern but ours.
    if (isAlreadyExists(error) || isConflict(error)) throw error
    if (isNamespaceTerminating(error)) return
    const [reason, what] = current
      ? ['FailedToUpdateEndpoint', 'update endpoint']
      : ['FailedToCreateEndpoint', 'create endpoint for service']
    recorder.record({
      object: service,
      type: 'Warning',
      reason,
      message: `Failed to ${what} ${namespace}/${name}: ${messageOf(error)}`,
    })
    throw error
  }
}
