import type { StatefulSet } from '@tandem/api/apps/v1/types'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { isPodAvailable, isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { keyOf } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import type { UnseenPods } from '../pods/unseen.ts'
import { slowStart } from '../slow-start.ts'
import { isStale } from './claim-retention.ts'
import { claimNameAt, claimTemplates, isInRange, ordinalOf, podNameAt, replicasOf, startOrdinal } from './identity.ts'
import { applyRetention, createClaims, createPod, deletePod, restorePod } from './pod-control.ts'
import { podAt, type SetRevisions } from './pod-of-set.ts'
import { podsToUpdate } from './rolling-update.ts'
import { isRunningAndReady, isUnavailable } from './status.ts'

export interface SetStep {
  set: StatefulSet
  pods: readonly Pod[]
  revisions: SetRevisions
  unseen: UnseenPods
  context: ControllerContext
}

/** In order, nothing happens to a pod before all is well with those before it. */
type Progress = 'next' | 'wait'

/** One step: make what is missing, delete what is too much, then what is of another revision. */
export async function managePods(step: SetStep): Promise<void> {
  const { set, pods, context } = step
  const replicas = arrange(set, pods)
  const condemned = pods
    .filter((pod) => ordinalOf(pod) >= 0 && !isInRange(pod, set))
    .toSorted((a, b) => ordinalOf(b) - ordinalOf(a))
  const now = context.clock.now()
  const ordinals = Array.from({ length: replicasOf(set) }, (_, index) => index)
  if ((await each(set, ordinals, (index) => keepReplica(step, replicas[index], index))) === 'wait') return
  for (const pod of condemned) await applyRetention(context, set, pod)
  const unhealthy = [...replicas, ...condemned.toReversed()].find((pod) => pod && isUnavailable(pod, set, now))
  if ((await each(set, condemned, (pod) => removeCondemned(step, pod, unhealthy))) === 'wait') return
  const revision = step.revisions.update.metadata.name
  for (const pod of podsToUpdate(set, { replicas, revision, now })) await remove(step, pod)
}

function arrange(set: StatefulSet, pods: readonly Pod[]): (Pod | undefined)[] {
  const replicas: (Pod | undefined)[] = Array(replicasOf(set)).fill(undefined)
  for (const pod of pods) if (isInRange(pod, set)) replicas[ordinalOf(pod) - startOrdinal(set)] = pod
  return replicas
}

const isOrdered = ({ spec }: StatefulSet): boolean => spec.podManagementPolicy !== 'Parallel'

/** One after the other until one has to be waited for, or all at once. */
async function each<T>(set: StatefulSet, items: readonly T[], work: (item: T) => Promise<Progress>): Promise<Progress> {
  if (isOrdered(set)) {
    for (const item of items) if ((await work(item)) === 'wait') return 'wait'
    return 'next'
  }
  const queue = items.values()
  const { error } = await slowStart(items.length, async () => {
    const next = queue.next()
    if (!next.done) await work(next.value)
  })
  if (error !== undefined) throw error
  return 'next'
}

async function keepReplica(step: SetStep, pod: Pod | undefined, index: number): Promise<Progress> {
  const { set, context } = step
  if (!pod) {
    const ordinal = startOrdinal(set) + index
    if (hasStaleClaim(step, ordinal)) return 'wait'
    const created = await createPod(context, set, podAt(set, ordinal, step.revisions))
    step.unseen.note(keyOf(set.metadata), 'created', created)
    return 'wait'
  }
  if (isPodTerminal(pod)) {
    if (!pod.metadata.deletionTimestamp) await remove(step, pod)
    return 'wait'
  }
  if (pod.status?.phase === 'Pending') {
    await createClaims(context, set, pod.metadata.name)
    await applyRetention(context, set, pod)
  }
  const isWell =
    !pod.metadata.deletionTimestamp &&
    isRunningAndReady(pod) &&
    isPodAvailable(pod, set.spec.minReadySeconds ?? 0, context.clock.now())
  if (isOrdered(set) && !isWell) return 'wait'
  await restorePod(context, set, pod)
  return 'next'
}

/** From the highest down; of those that are not well only the first is no reason to wait. */
async function removeCondemned(step: SetStep, pod: Pod, unhealthy: Pod | undefined): Promise<Progress> {
  const { set, context } = step
  if (pod.metadata.deletionTimestamp) return 'wait'
  const isWell = isRunningAndReady(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, context.clock.now())
  if (isOrdered(set) && !isWell && pod !== unhealthy) return 'wait'
  await remove(step, pod)
  return 'wait'
}

async function remove({ set, unseen, context }: SetStep, pod: Pod): Promise<void> {
  await deletePod(context, set, pod)
  unseen.note(keyOf(set.metadata), 'deleted', pod)
}

function hasStaleClaim({ set, context }: SetStep, ordinal: number): boolean {
  const { namespace } = set.metadata
  return claimTemplates(set).some((template) => {
    const name = claimNameAt(set, template, ordinal)
    const claim = context.informer(persistentVolumeClaims).get({ namespace, name })
    return claim !== undefined && isStale(claim, { set, podName: podNameAt(set, ordinal) })
  })
}
