import { isDeepStrictEqual } from 'node:util'
import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Namespace, Node, Pod } from '@tandem/api/core/v1/types'
import type { InformerHandler } from '@tandem/client'
import type { Nominator } from './cache/nominator.ts'
import type { SchedulerCache } from './cache/scheduler-cache.ts'
import type { NodeEvent } from './framework/cluster-event.ts'
import { podInfoOf } from './framework/pod-info.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'

export interface EventHandlerOptions {
  cache: SchedulerCache
  queue: SchedulingQueue
  nominator: Nominator
  /** The pod is gone: whoever thinks about letting it be bound need not. */
  stopWaiting?(key: string): void
  /** Is the pod to be scheduled by one of our profiles? */
  isOurs(pod: Pod): boolean
}

/** Pods with a node go to the cache, pods of ours without one to the queue. */
export function podHandler({
  cache,
  queue,
  nominator,
  stopWaiting,
  isOurs,
}: EventHandlerOptions): InformerHandler<Pod> {
  const added = (pod: Pod): void => {
    if (isPodTerminal(pod)) return
    const info = podInfoOf(pod)
    if (pod.spec.nodeName) {
      cache.setPod(info, pod.spec.nodeName)
      queue.moveAll({ event: 'AssignedPodAdd', pod: info })
    } else if (isOurs(pod)) {
      if (pod.status?.nominatedNodeName) nominator.nominate(info, pod.status.nominatedNodeName)
      queue.add(info)
    }
  }

  const deleted = (pod: Pod): void => {
    queue.delete(pod.metadata.uid)
    nominator.remove(pod.metadata.uid)
    stopWaiting?.(pod.metadata.uid)
    const removed = cache.removePod(pod.metadata.uid)
    if (removed) queue.moveAll({ event: 'AssignedPodDelete', pod: removed })
  }

  return {
    added,
    deleted,
    updated(pod, old) {
      if (pod.metadata.uid !== old.metadata.uid) {
        deleted(old)
        return added(pod)
      }
      if (isPodTerminal(pod)) return deleted(pod)
      if (pod.spec.nodeName) {
        if (!old.spec.nodeName) {
          queue.delete(pod.metadata.uid)
          nominator.placed(pod.metadata.uid)
        }
        const isNew = !old.spec.nodeName
        // Most updates are of status, and cost nothing here.
        if (!isNew && !isChanged(pod, old) && !isResized(pod, old)) return
        const info = podInfoOf(pod)
        cache.setPod(info, pod.spec.nodeName)
        queue.moveAll(isNew ? { event: 'AssignedPodAdd', pod: info } : { event: 'AssignedPodUpdate', pod: info, old })
      } else if (isOurs(pod) && !cache.isAssumed(pod.metadata.uid)) {
        const info = podInfoOf(pod)
        const nominated = pod.status?.nominatedNodeName
        if (nominated !== old.status?.nominatedNodeName) {
          if (nominated) nominator.nominate(info, nominated)
          else nominator.remove(info.key)
        }
        queue.update(info, { mayHelp: isChanged(pod, old) })
      }
    },
  }
}

/** Did anything change that plugins look at? Of the status, which we write ourselves, only the names of claims that were made. */
const isChanged = (pod: Pod, old: Pod): boolean =>
  pod.metadata.generation !== old.metadata.generation ||
  pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
  !isDeepStrictEqual(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses) ||
  !isDeepStrictEqual(pod.metadata.labels, old.metadata.labels) ||
  !isDeepStrictEqual(pod.spec, old.spec)

/** What a node grants counts while a pod is being resized. */
const isResized = (pod: Pod, old: Pod): boolean => {
  const granted = ({ status }: Pod) =>
    status?.containerStatuses?.map(({ resources, allocatedResources }) => ({ resources, allocatedResources }))
  return !isDeepStrictEqual(granted(pod), granted(old))
}

export const nodeHandler = ({ cache, queue }: EventHandlerOptions): InformerHandler<Node> => ({
  added(node) {
    cache.setNode(node)
    queue.moveAll({ event: 'NodeAdd', node })
  },
  updated(node, old) {
    cache.setNode(node)
    for (const event of nodeEvents(node, old)) queue.moveAll({ event, node, old })
  },
  deleted(node) {
    cache.removeNode(node.metadata.name)
    queue.moveAll({ event: 'NodeDelete', node })
  },
})

/** What of a node changed that a pod may have waited for. Heartbeats are nothing of it. */
export function nodeEvents(node: Node, old: Node): NodeEvent[] {
  const events: NodeEvent[] = []
  if (!isDeepStrictEqual(node.status?.allocatable, old.status?.allocatable)) events.push('NodeAllocatableChange')
  if (!isDeepStrictEqual(node.metadata.labels, old.metadata.labels)) events.push('NodeLabelChange')
  if (!isDeepStrictEqual(node.spec, old.spec)) events.push('NodeTaintChange')
  const conditions = ({ status }: Node) =>
    (status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`).sort()
  if (!isDeepStrictEqual(conditions(node), conditions(old))) events.push('NodeConditionChange')
  return events
}

/** Terms of pod affinity may choose namespaces by their labels. */
export const namespaceHandler = ({ cache, queue }: EventHandlerOptions): InformerHandler<Namespace> => ({
  added: (namespace) => cache.setNamespace(namespace),
  updated(namespace, old) {
    cache.setNamespace(namespace)
    if (!isDeepStrictEqual(namespace.metadata.labels, old.metadata.labels))
      queue.moveAll({ event: 'NamespaceLabelChange' })
  },
  deleted: ({ metadata }) => cache.removeNamespace(metadata.name),
})
