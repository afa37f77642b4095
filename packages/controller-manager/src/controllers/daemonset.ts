import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import type { DaemonSet } from '@tandem/api/apps/v1/types'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { controllerOf, equalJson, keyOf, labelMatcherOf, matchesLabels, type ObjectKey } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun, type ReconcileResult } from '@tandem/controller-runtime'
import { findHistory, hashOf } from '../daemonsets/history.ts'
import { DaemonMemory, syncDaemonSet } from '../daemonsets/sync-daemonset.ts'
import { claim, indexByController, ownedOrOrphaned } from '../ownership.ts'
import { eventRule } from '../permissions.ts'
import { deleteRevisions, outdatedRevisions, podRevisionLabel } from '../revisions/controller-revisions.ts'

const memoryOf = perRun((context) => new DaemonMemory(context))

/** Keeps one pod on each node that should have one. */
export const controller: Controller<DaemonSet> = {
  name: 'daemonset-controller',
  role: 'daemon-set-controller',
  for: daemonSets,
  owns: [pods, controllerRevisions],
  watches: [{ resource: pods, keys: daemonSetsOfOrphan }],
  permissions: [
    { apiGroups: ['apps', 'extensions'], resources: ['daemonsets'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps', 'extensions'], resources: ['daemonsets/status', 'daemonsets/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'create', 'delete', 'patch'] },
    { apiGroups: [''], resources: ['pods/binding'], verbs: ['create'] },
    {
      apiGroups: ['apps'],
      resources: ['controllerrevisions'],
      verbs: ['get', 'list', 'watch', 'create', 'delete', 'update', 'patch'],
    },
    eventRule,
  ],
  setup(context) {
    indexByController(context.informer(pods))
    indexByController(context.informer(controllerRevisions))
    observePods(context)
    observeNodes(context)
  },
  async reconcile(key, context) {
    const daemonSet = context.informer(daemonSets).get(key)
    if (!daemonSet) {
      memoryOf(context).forget(keyOf(key))
      return undefined
    }
    if (daemonSet.metadata.deletionTimestamp) return undefined
    const { matchLabels, matchExpressions } = daemonSet.spec.selector
    if (Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length === 0) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
      context.recorder.record({ object: daemonSet, type: 'Warning', reason: 'SelectingAll', message })
      return undefined
    }
    return sync(daemonSet, context)
  },
}

async function sync(daemonSet: DaemonSet, context: ControllerContext): Promise<ReconcileResult | undefined> {
  const { client, clock, informer } = context
  await Promise.all([informer(nodes).synced])
  const memory = memoryOf(context)
  const matcher = labelMatcherOf(daemonSet.spec.selector)
  const common = { client, owner: daemonSet, ownerResource: daemonSets }
  const own = await claim({
    ...common,
    resource: pods,
    objects: ownedOrOrphaned(informer(pods), daemonSet),
    matches: (pod: Pod) => matchesLabels(matcher, pod.metadata.labels),
  })
  const revisions = await claim({
    ...common,
    resource: controllerRevisions,
    objects: ownedOrOrphaned(informer(controllerRevisions), daemonSet),
    matches: ({ metadata }) => matchesLabels(matcher, metadata.labels),
  })
  const { current, old } = await findHistory(client, { daemonSet, revisions, pods: own })
  const view = { daemonSet, nodes: informer(nodes).list(), pods: own, hash: hashOf(current), now: clock.now() }
  const result = await syncDaemonSet(view, { memory, context })
  const live = new Set(own.map(({ metadata }) => metadata.labels?.[podRevisionLabel]))
  const limit = daemonSet.spec.revisionHistoryLimit ?? 10
  await deleteRevisions(client, outdatedRevisions(old, { isUsed: (revision) => live.has(hashOf(revision)), limit }))
  return result
}

function daemonSetsOfOrphan(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  if (controllerOf(pod)) return []
  return informer(daemonSets)
    .list(pod.metadata.namespace)
    .filter(({ spec }) => matchesLabels(labelMatcherOf(spec.selector), pod.metadata.labels))
    .map(({ metadata }) => metadata)
}

/** A node's heartbeat is no news: only what decides about pods is. */
function observeNodes({ informer, enqueue }: ControllerContext): void {
  const all = () => {
    for (const { metadata } of informer(daemonSets).list()) enqueue(metadata)
  }
  const deciding = ({ metadata, spec }: Node) => [metadata.labels, spec?.taints, spec?.unschedulable]
  informer(nodes).addHandler({
    added: all,
    updated: (node, old) => {
      if (!equalJson(deciding(node), deciding(old))) all()
    },
    deleted: all,
  })
}

function observePods(context: ControllerContext): void {
  const memory = memoryOf(context)
  const ownerKey = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod)
    return owner?.kind === 'DaemonSet' ? keyOf({ namespace: pod.metadata.namespace, name: owner.name }) : undefined
  }
  const gone = (pod: Pod) => {
    const key = ownerKey(pod)
    if (key) memory.deleted.deletionObserved(key, pod.metadata.uid)
  }
  context.informer(pods).addHandler({
    added(pod) {
      const key = ownerKey(pod)
      if (pod.metadata.deletionTimestamp) gone(pod)
      else if (key) memory.created.creationObserved(key)
    },
    updated(pod) {
      if (pod.metadata.deletionTimestamp) gone(pod)
    },
    deleted: gone,
  })
}
