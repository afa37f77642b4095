import { services } from '@tandem/api/core/v1/service'
import type { Service } from '@tandem/api/core/v1/types'
import type { Endpoint, EndpointSlice } from '@tandem/api/discovery/v1/types'
import { equalJson, type New, type OwnerReference } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { addressTypesOf, type EndpointGroup, groupKey } from './desired-slices.ts'
import { isHeadless } from './service-pods.ts'

export const managedBy = 'endpointslice.kubernetes.io/managed-by'
export const serviceName = 'kubernetes.io/service-name'
export const managerName = 'endpointslice-controller.k8s.io'
const headless = 'service.kubernetes.io/headless'

/** Whose slices they are, and what that makes them look like. */
export interface SliceOwner {
  namespace: string | undefined
  name: string
  reference: OwnerReference
  labels: Record<string, string>
  annotations?: Record<string, string>
  /** What there is while there are no endpoints. */
  placeholders: readonly EndpointGroup[]
}

/** The slices of a Service with a selector. Without endpoints it has an empty one, which says that somebody looked. */
export const sliceOwnerOf = (service: Service): SliceOwner => ({
  namespace: service.metadata.namespace,
  name: service.metadata.name,
  reference: controllerReference(services, service),
  labels: sliceLabels(service),
  placeholders: addressTypesOf(service).map((addressType) => ({ addressType, ports: [], endpoints: [] })),
})

export interface SlicePlan {
  create: New<EndpointSlice>[]
  update: EndpointSlice[]
  delete: EndpointSlice[]
}

/**
 * The fewest writes that make slices hold what they should: an endpoint stays in its slice, new ones fill slices that are written anyway,
 * then others with room, and only then new slices are made.
 */
export function planSlices(
  owner: SliceOwner,
  {
    desired,
    existing,
    maxEndpoints,
  }: { desired: readonly EndpointGroup[]; existing: readonly EndpointSlice[]; maxEndpoints: number },
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] }
  const groups = desired.length > 0 ? desired : owner.placeholders
  const byGroup = Map.groupBy(existing, groupKey)
  for (const group of groups) {
    const key = groupKey(group)
    planGroup(owner, { plan, group, existing: byGroup.get(key) ?? [], maxEndpoints })
    byGroup.delete(key)
  }
  for (const slices of byGroup.values()) plan.delete.push(...slices)
  return plan
}

interface GroupState {
  plan: SlicePlan
  group: EndpointGroup
  existing: readonly EndpointSlice[]
  maxEndpoints: number
}

function planGroup(owner: SliceOwner, { plan, group, existing, maxEndpoints }: GroupState): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]))
  const kept = existing.map((slice) => {
    const endpoints = (slice.endpoints ?? []).flatMap((endpoint) => {
      const id = identity(endpoint)
      const desired = wanted.get(id)
      wanted.delete(id)
      return desired ? [desired] : []
    })
    const { labels } = owner
    const changed = !equalJson(endpoints, slice.endpoints ?? []) || !equalJson(labels, slice.metadata.labels ?? {})
    return { slice, endpoints, labels, changed }
  })
  const added = [...wanted.values()]
  const withRoom = kept
    .filter(({ endpoints }) => endpoints.length > 0 && endpoints.length < maxEndpoints)
    .sort((a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length)
  for (const target of withRoom) {
    const taken = added.splice(0, maxEndpoints - target.endpoints.length)
    target.endpoints.push(...taken)
    target.changed ||= taken.length > 0
  }
  // Empty slices are used again before others are made, and one is left when nothing else is.
  const empty = kept.filter(({ endpoints }) => endpoints.length === 0)
  for (const target of empty) {
    target.endpoints = added.splice(0, maxEndpoints)
    target.changed ||= target.endpoints.length > 0
  }
  const isPlaceholder = group.endpoints.length === 0
  let holders = kept.filter(({ endpoints }) => endpoints.length > 0).length
  for (const { slice, endpoints, labels, changed } of kept) {
    if (endpoints.length === 0 && (!isPlaceholder || holders++ > 0)) plan.delete.push(slice)
    else if (changed) plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints })
  }
  while (added.length > 0) plan.create.push(newSlice(owner, { ...group, endpoints: added.splice(0, maxEndpoints) }))
  if (isPlaceholder && kept.length === 0) plan.create.push(newSlice(owner, group))
}

/** The pod, or the address where it is nobody's. */
const identity = ({ targetRef, addresses }: Endpoint): string => targetRef?.uid ?? addresses.join(',')

function newSlice(
  { namespace, name, reference, labels, annotations }: SliceOwner,
  { addressType, ports, endpoints }: EndpointGroup,
): New<EndpointSlice> {
  return {
    metadata: {
      generateName: `${name}-`,
      ...(namespace && { namespace }),
      labels,
      ...(annotations && { annotations }),
      ownerReferences: [reference],
    },
    addressType,
    endpoints,
    ports,
  }
}

function sliceLabels(service: Service): Record<string, string> {
  const { [headless]: _, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    [serviceName]: service.metadata.name,
    [managedBy]: managerName,
    ...(isHeadless(service) && { [headless]: '' }),
  }
}
