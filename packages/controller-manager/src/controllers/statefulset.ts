import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import type { ControllerRevision, StatefulSet } from '@tandem/api/apps/v1/types'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { controllerOf, equalJson, keyOf, labelMatcherOf, matchesLabels, type ObjectKey } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun, type ReconcileResult } from '@tandem/controller-runtime'
import { claim, indexByController, ownedOrOrphaned } from '../ownership.ts'
import { eventRule } from '../permissions.ts'
import { UnseenPods } from '../pods/unseen.ts'
import { nextAvailability } from '../replicas/status.ts'
import { deleteRevisions, outdatedRevisions } from '../revisions/controller-revisions.ts'
import { isMember, ordinalOf, revisionOf } from '../statefulsets/identity.ts'
import { managePods, type SetStep } from '../statefulsets/manage-pods.ts'
import { findRevisions } from '../statefulsets/set-revisions.ts'
import { setStatus } from '../statefulsets/status.ts'

const unseenOf = perRun(({ clock }) => new UnseenPods(clock))

/** Keeps pods with names, in an order, each with claims of its own. */
export const controller: Controller<StatefulSet> = {
  name: 'statefulset-controller',
  for: statefulSets,
  owns: [pods, controllerRevisions],
  watches: [
    { resource: pods, keys: setsOfOrphan },
    { resource: persistentVolumeClaims, keys: () => [] },
  ],
  permissions: [
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['statefulsets/status', 'statefulsets/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'create', 'delete', 'update', 'patch', 'list', 'watch'] },
    {
      apiGroups: ['apps'],
      resources: ['controllerrevisions'],
      verbs: ['get', 'create', 'delete', 'update', 'patch', 'list', 'watch'],
    },
    {
      apiGroups: [''],
      resources: ['persistentvolumeclaims'],
      verbs: ['get', 'create', 'list', 'watch', 'update', 'delete'],
    },
    { apiGroups: [''], resources: ['pods/finalizers'], verbs: ['update'] },
    eventRule,
  ],
  setup({ informer }) {
    indexByController(informer(pods))
    indexByController(informer(controllerRevisions))
  },
  async reconcile(key, context) {
    const set = context.informer(statefulSets).get(key)
    const unseen = unseenOf(context)
    if (!set) {
      unseen.forget(keyOf(key))
      return undefined
    }
    const wait = unseen.waitFor(keyOf(key), context.informer(pods))
    return wait === undefined ? sync(set, unseen, context) : { requeueAfter: wait }
  },
}

async function sync(
  set: StatefulSet,
  unseen: UnseenPods,
  context: ControllerContext,
): Promise<ReconcileResult | undefined> {
  const { client, clock } = context
  const own = await claimPods(set, context)
  const history = await claimRevisions(set, context)
  const { collisionCount, ...revisions } = await findRevisions(client, set, history)
  const step: SetStep = { set, pods: own, revisions, unseen, context }
  const now = clock.now()
  try {
    if (!set.metadata.deletionTimestamp) await managePods(step)
  } finally {
    const counted = own.filter((pod) => ordinalOf(pod) >= 0)
    const status = setStatus(set, { pods: counted, revisions, collisionCount, now })
    if (!equalJson(status, set.status)) await client.update(statefulSets, { ...set, status }, { subresource: 'status' })
  }
  const used = new Set([revisions.current.metadata.name, revisions.update.metadata.name, ...own.map(revisionOf)])
  const isUsed = ({ metadata }: ControllerRevision) => used.has(metadata.name)
  const limit = set.spec.revisionHistoryLimit ?? 10
  if (!set.metadata.deletionTimestamp) await deleteRevisions(client, outdatedRevisions(history, { isUsed, limit }))
  const { minReadySeconds = 0 } = set.spec
  const requeueAfter = minReadySeconds > 0 ? nextAvailability(own, minReadySeconds, now) : undefined
  return requeueAfter === undefined ? undefined : { requeueAfter }
}

function claimPods(set: StatefulSet, { client, informer }: ControllerContext): Promise<Pod[]> {
  const matcher = labelMatcherOf(set.spec.selector)
  return claim({
    client,
    owner: set,
    ownerResource: statefulSets,
    resource: pods,
    objects: ownedOrOrphaned(informer(pods), set),
    matches: (pod) => isMember(pod, set) && matchesLabels(matcher, pod.metadata.labels),
  })
}

function claimRevisions(set: StatefulSet, { client, informer }: ControllerContext): Promise<ControllerRevision[]> {
  const matcher = labelMatcherOf(set.spec.selector)
  return claim({
    client,
    owner: set,
    ownerResource: statefulSets,
    resource: controllerRevisions,
    objects: ownedOrOrphaned(informer(controllerRevisions), set),
    matches: (revision) => controllerOf(revision) !== undefined || matchesLabels(matcher, revision.metadata.labels),
  })
}

function setsOfOrphan(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  if (controllerOf(pod)) return []
  return informer(statefulSets)
    .list(pod.metadata.namespace)
    .filter((set) => isMember(pod, set) && matchesLabels(labelMatcherOf(set.spec.selector), pod.metadata.labels))
    .map(({ metadata }) => metadata)
}
