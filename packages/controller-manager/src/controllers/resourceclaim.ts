import { pods } from '@tandem/api/core/v1/pod'
import type { Pod, PodResourceClaim } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceClaimTemplates } from '@tandem/api/resource/v1/resourceclaimtemplate'
import type {
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimTemplate,
} from '@tandem/api/resource/v1/types'
import { controllerOf, equalJson, isNotFound, keyOf, type ObjectKey } from '@tandem/apimachinery'
import type { Controller, ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { indexByController, ownedBy } from '../ownership.ts'
import { eventRule } from '../permissions.ts'
import {
  claimFromTemplate,
  claimNameOf,
  generatedName,
  isDone,
  isForEntry,
  isForPod,
} from '../resource-claims/claim-of-pod.ts'
import {
  finalizer,
  isPodReference,
  mayLetGo,
  mayReserve,
  releasedStatus,
  reservationOf,
} from '../resource-claims/reservation.ts'

const byClaim = 'resource claim'

/** No pod has a colon in its name. */
const claimPrefix = 'claim:'

/** Makes the resource claims of pods, and gives back what pods no longer use. Its keys are pods, and claims with a prefix. */
export const controller: Controller<Pod> = {
  name: 'resourceclaim-controller',
  role: 'resource-claim-controller',
  eventSource: 'resource_claim',
  for: pods,
  watches: [
    { resource: resourceClaims, keys: keysOfClaim },
    {
      resource: resourceClaimTemplates,
      keys: ({ metadata }: ResourceClaimTemplate, { informer }) =>
        informer(pods)
          .list(metadata.namespace)
          .filter(({ spec }) => spec.resourceClaims?.some((each) => each.resourceClaimTemplateName === metadata.name))
          .map((pod) => pod.metadata),
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['update', 'patch'] },
    {
      apiGroups: ['resource.k8s.io'],
      resources: ['resourceclaims'],
      verbs: ['get', 'list', 'watch', 'create', 'delete', 'update', 'patch'],
    },
    { apiGroups: ['resource.k8s.io'], resources: ['resourceclaimtemplates'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['resource.k8s.io'], resources: ['resourceclaims/status'], verbs: ['update', 'patch'] },
    eventRule,
  ],
  setup({ informer }) {
    indexByController(informer(resourceClaims))
    informer(resourceClaims).addIndex(byClaim, ({ metadata, status }) =>
      (status?.reservedFor ?? [])
        .filter(isPodReference)
        .map(({ name }) => keyOf({ namespace: metadata.namespace, name })),
    )
  },
  async reconcile(key, context) {
    if (key.name.startsWith(claimPrefix)) {
      const claim = context.informer(resourceClaims).get({ ...key, name: key.name.slice(claimPrefix.length) })
      if (claim) await cleanUp(claim, context)
      return undefined
    }
    const pod = context.informer(pods).get(key)
    for (const claim of claimsBehind(pod, keyOf(key), context)) await cleanUp(claim, context)
    if (!pod?.spec.resourceClaims?.length || pod.metadata.deletionTimestamp || isDone(pod)) return undefined
    await makeClaims(pod, context)
    if (pod.spec.nodeName) await reserveClaims(pod, context)
    return undefined
  },
}

/** The claim itself, and the pod that it was made for: it may be missing there. */
function keysOfClaim({ metadata }: ResourceClaim): ObjectKey[] {
  const { namespace, name } = metadata
  const owner = controllerOf({ metadata })
  const own = { namespace, name: claimPrefix + name }
  return owner?.kind === 'Pod' ? [own, { namespace, name: owner.name }] : [own]
}

function claimsBehind(pod: Pod | undefined, key: string, { informer }: ControllerContext): ResourceClaim[] {
  const claims = new Set([
    ...informer(resourceClaims).byIndex(byClaim, key),
    ...(pod ? ownedBy(informer(resourceClaims), pod) : []),
  ])
  return [...claims]
}

async function makeClaims(pod: Pod, context: ControllerContext): Promise<void> {
  const made = new Map<string, string>()
  for (const entry of pod.spec.resourceClaims ?? []) {
    try {
      const name = await ensureClaim(pod, entry, context)
      if (name !== undefined) made.set(entry.name, name)
    } catch (error) {
      const message = `PodResourceClaim ${entry.name}: ${messageOf(error)}`
      context.recorder.record({ object: pod, type: 'Warning', reason: 'FailedResourceClaimCreation', message })
      throw error
    }
  }
  if (made.size === 0) return
  const { namespace, name } = pod.metadata
  const resourceClaimStatuses = [...made].map(([name, resourceClaimName]) => ({ name, resourceClaimName }))
  const body = { metadata: { name, ...(namespace && { namespace }) }, status: { resourceClaimStatuses } }
  const options = { subresource: 'status', fieldManager: 'ResourceClaimController', force: true }
  await context.client.patch(pods, { namespace, name }, { type: 'apply', body }, options)
}

/** The name of the claim of an entry where the pod does not tell it yet. */
async function ensureClaim(
  pod: Pod,
  entry: PodResourceClaim,
  { client, informer }: ControllerContext,
): Promise<string | undefined> {
  const { namespace } = pod.metadata
  const templateName = entry.resourceClaimTemplateName
  if (!templateName || generatedName(pod, entry) === '') return undefined
  const known = claimNameOf(pod, entry)
  const claim = known ? informer(resourceClaims).get({ namespace, name: known }) : undefined
  if (claim && isForPod(claim, pod)) return undefined
  // It may have been made by us and not be in the cache.
  const existing = (await client.list(resourceClaims, { namespace: namespace ?? '' })).items.find((each) =>
    isForEntry(each, pod, entry),
  )
  if (existing) return existing.metadata.name
  const template = informer(resourceClaimTemplates).get({ namespace, name: templateName })
  if (!template)
    throw new Error(
      `resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`,
    )
  return (await client.create(resourceClaims, claimFromTemplate(pod, entry, template))).metadata.name
}

/** A pod that was put on its node by hand was not reserved for by the scheduler. */
async function reserveClaims(pod: Pod, { client, informer }: ControllerContext): Promise<void> {
  const { namespace } = pod.metadata
  for (const entry of pod.spec.resourceClaims ?? []) {
    const name = claimNameOf(pod, entry)
    const claim = name === undefined ? undefined : informer(resourceClaims).get({ namespace, name })
    if (!claim || isDone(pod) || !mayReserve(claim, pod)) continue
    if (!entry.resourceClaimName && !isForPod(claim, pod)) continue
    const reservedFor = [...(claim.status?.reservedFor ?? []), reservationOf(pod)]
    const status = { ...claim.status, reservedFor }
    await client.update(resourceClaims, { ...claim, status }, { subresource: 'status' })
  }
}

async function cleanUp(claim: ResourceClaim, context: ControllerContext): Promise<void> {
  const { client, informer } = context
  const remaining: ResourceClaimConsumerReference[] = []
  for (const consumer of claim.status?.reservedFor ?? [])
    if (!isPodReference(consumer) || (await isInUse(claim, consumer, context))) remaining.push(consumer)
  const status = releasedStatus(claim, remaining)
  const changed = !equalJson(status, claim.status ?? {})
  const written = changed ? await client.update(resourceClaims, { ...claim, status }, { subresource: 'status' }) : claim
  if (mayLetGo(written, { changed })) {
    const finalizers = (written.metadata.finalizers ?? []).filter((name) => name !== finalizer)
    await client.update(resourceClaims, { ...written, metadata: { ...written.metadata, finalizers } })
  }
  const owner = controllerOf(claim)
  if (remaining.length > 0 || owner?.kind !== 'Pod' || claim.metadata.deletionTimestamp) return
  const { namespace, name } = claim.metadata
  const pod = informer(pods).get({ namespace, name: owner.name })
  if (!pod || (pod.metadata.uid === owner.uid && !isDone(pod))) return
  await client.delete(resourceClaims, { namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}

async function isInUse(
  { metadata }: ResourceClaim,
  { name, uid }: ResourceClaimConsumerReference,
  { client, informer }: ControllerContext,
): Promise<boolean> {
  const key = { namespace: metadata.namespace, name }
  const cached = informer(pods).get(key)
  if (cached) return cached.metadata.uid === uid && !isDone(cached)
  const fresh = await client.get(pods, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  return fresh?.metadata.uid === uid
}
