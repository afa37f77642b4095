import type { Pod } from '@tandem/api/core/v1/types'

export const sourceAnnotation = 'kubernetes.io/config.source'
export const hashAnnotation = 'kubernetes.io/config.hash'
export const seenAnnotation = 'kubernetes.io/config.seen'
export const mirrorAnnotation = 'kubernetes.io/config.mirror'

/** From here on, priorities belong to what the cluster itself is made of. */
const systemCriticalPriority = 2_000_000_000

/** It comes from a file of this node, not from the API. */
export function isStaticPod({ metadata }: Pod): boolean {
  const source = metadata.annotations?.[sourceAnnotation]
  return source !== undefined && source !== 'api'
}

/** It only tells others of a static pod. */
export const isMirrorPod = ({ metadata }: Pod): boolean => metadata.annotations?.[mirrorAnnotation] !== undefined

/** The node needs it: pressure does not evict it, and a full node makes room for it. */
export const isCriticalPod = (pod: Pod): boolean =>
  isStaticPod(pod) || isMirrorPod(pod) || (pod.spec.priority ?? 0) >= systemCriticalPriority

/** May the one be ended for the other's sake? */
export function isPreemptable(preemptor: Pod, victim: Pod): boolean {
  if (isCriticalPod(preemptor) && !isCriticalPod(victim)) return true
  const [mine, theirs] = [preemptor.spec.priority, victim.spec.priority]
  return mine !== undefined && theirs !== undefined && mine > theirs
}

/** `namespace/name`: what a static pod and its mirror share, and no two pods of the API at one time. */
export const fullName = ({ metadata: { namespace, name } }: Pod): string => `${namespace}/${name}`
