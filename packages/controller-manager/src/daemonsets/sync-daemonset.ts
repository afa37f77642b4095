import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import type { DaemonSet } from '@tandem/api/apps/v1/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { equalJson, keyOf } from '@tandem/apimachinery'
import { type ControllerContext, Expectations, type ReconcileResult } from '@tandem/controller-runtime'
import { createPod, deletePod } from '../pods/pod-control.ts'
import { nextAvailability } from '../replicas/status.ts'
import { slowStart } from '../slow-start.ts'
import { FailedPodBackoff } from './failed-pods.ts'
import { type DaemonPlan, type DaemonView, planPods } from './plan.ts'
import { podForNode } from './pod-of-daemonset.ts'
import { type UpdateStep, updateStep } from './rolling-update.ts'
import { daemonStatus } from './status.ts'

/** No more pods than this are made or deleted in one step. */
const burst = 250

export class DaemonMemory {
  readonly created: Expectations
  readonly deleted: Expectations
  readonly failures: FailedPodBackoff

  constructor({ clock }: Pick<ControllerContext, 'clock'>) {
    this.created = new Expectations(clock)
    this.deleted = new Expectations(clock)
    this.failures = new FailedPodBackoff(clock)
  }

  satisfied(key: string): boolean {
    return this.created.satisfied(key) && this.deleted.satisfied(key)
  }

  forget(key: string): void {
    this.created.forget(key)
    this.deleted.forget(key)
  }
}

export interface DaemonStep {
  memory: DaemonMemory
  context: ControllerContext
}

/** Pods on every node that should have one; then, if nothing else is to be done, on to the next template. */
export async function syncDaemonSet(view: DaemonView, step: DaemonStep): Promise<ReconcileResult | undefined> {
  const { daemonSet, pods, now } = view
  const { memory, context } = step
  const key = keyOf(daemonSet.metadata)
  const acted = memory.satisfied(key)
  let waitMs: number | undefined
  try {
    if (acted) {
      const plan = planPods(view)
      waitMs = await apply(daemonSet, { view, plan, step })
      if (memory.satisfied(key)) await change(view, updateStep(view), step)
    }
  } finally {
    const status = daemonStatus(view, { acted })
    if (!equalJson(status, daemonSet.status))
      await context.client.update(daemonSets, { ...daemonSet, status }, { subresource: 'status' })
  }
  const { minReadySeconds = 0 } = daemonSet.spec
  const ready = minReadySeconds > 0 ? nextAvailability(pods, minReadySeconds, now) : undefined
  const waits = [waitMs, ready].filter((wait) => wait !== undefined)
  return waits.length > 0 ? { requeueAfter: Math.min(...waits) } : undefined
}

/** Returns how long a pod that failed is to be left, if one is. */
async function apply(
  daemonSet: DaemonSet,
  { view, plan, step }: { view: DaemonView; plan: DaemonPlan; step: DaemonStep },
): Promise<number | undefined> {
  const { recorder } = step.context
  const remove = [...plan.remove]
  let waitMs: number | undefined
  const where = ({ pod, node }: { pod: Pod; node: string }) =>
    `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`
  for (const failed of plan.failed) {
    const { uid } = daemonSet.metadata
    const delay = step.memory.failures.next(`${uid}/${daemonSet.status?.observedGeneration ?? 0}/${failed.node}`)
    if (delay > 0) {
      waitMs = Math.min(waitMs ?? delay, delay)
      continue
    }
    const message = `Found failed ${where(failed)}, will try to kill it`
    recorder.record({ object: daemonSet, type: 'Warning', reason: 'FailedDaemonPod', message })
    remove.push(failed.pod)
  }
  for (const succeeded of plan.succeeded) {
    const message = `Found succeeded ${where(succeeded)}, will try to delete it`
    recorder.record({ object: daemonSet, type: 'Normal', reason: 'SucceededDaemonPod', message })
    remove.push(succeeded.pod)
  }
  await change(view, { create: plan.create, remove }, step)
  return waitMs
}

async function change(
  { daemonSet, hash }: DaemonView,
  step: UpdateStep,
  { memory, context }: DaemonStep,
): Promise<void> {
  const key = keyOf(daemonSet.metadata)
  const create = step.create.slice(0, burst)
  const remove = step.remove.slice(0, burst)
  if (create.length > 0) memory.created.expectCreations(key, create.length)
  if (remove.length > 0)
    memory.deleted.expectDeletions(
      key,
      remove.map(({ metadata }) => metadata.uid),
    )
  const nodes = create.values()
  const { succeeded, error } = await slowStart(create.length, async () => {
    const node = nodes.next().value
    if (node !== undefined) await createPod(context, { owner: daemonSet, pod: podForNode(daemonSet, { node, hash }) })
  })
  if (succeeded < create.length) memory.created.creationObserved(key, create.length - succeeded)
  const results = await Promise.allSettled(
    remove.map(async (pod) => {
      try {
        const wasThere = await deletePod(context, { owner: daemonSet, pod })
        if (!wasThere) memory.deleted.deletionObserved(key, pod.metadata.uid)
      } catch (failure) {
        memory.deleted.deletionObserved(key, pod.metadata.uid)
        throw failure
      }
    }),
  )
  const failure = error ?? results.find((result) => result.status === 'rejected')?.reason
  if (failure !== undefined) throw failure
}
