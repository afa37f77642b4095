import { pods } from '@tandem/api/core/v1/pod'
import { isPodActive, isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import {
  apiVersionOf,
  controllerOf,
  equalJson,
  keyOf,
  type LabelMatcher,
  matchesLabels,
  type ObjectKey,
} from '@tandem/apimachinery'
import {
  type Controller,
  type ControllerContext,
  Expectations,
  perRun,
  type ReconcileResult,
} from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { claim, controllerReference, indexByController, ownedOrOrphaned } from '../ownership.ts'
import { podsToDelete } from '../pods/deletion-order.ts'
import { createPod, deletePod } from '../pods/pod-control.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { slowStart } from '../slow-start.ts'
import { nextAvailability, replicaStatus } from './status.ts'
import type { ReplicaKind, ReplicaWorkload } from './workload.ts'

/** No more pods than this are made or deleted in one step. */
const burstReplicas = 500

/** Keeps as many pods of a template as are asked for. */
export function replicaController<T extends ReplicaWorkload>(
  kind: ReplicaKind<T>,
  permissions: Controller['permissions'],
): Controller<T> {
  const { resource, selectorOf } = kind
  const expectationsOf = perRun(({ clock }) => new Expectations(clock))

  const ownerKey = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod)
    return owner?.kind === resource.kind && owner.apiVersion === apiVersionOf(resource)
      ? keyOf({ namespace: pod.metadata.namespace, name: owner.name })
      : undefined
  }

  const matchingOrphan = (pod: Pod, { informer }: ControllerContext): ObjectKey[] =>
    controllerOf(pod)
      ? []
      : informer(resource)
          .list(pod.metadata.namespace)
          .filter((workload) => matchesLabels(selectorOf(workload), pod.metadata.labels))
          .map(({ metadata }) => metadata)

  return {
    name: kind.name,
    role: kind.role,
    eventSource: kind.eventSource,
    for: resource,
    owns: [pods],
    watches: [{ resource: pods, keys: matchingOrphan }],
    permissions,
    setup(context) {
      const expectations = expectationsOf(context)
      const podInformer = context.informer(pods)
      indexByController(podInformer)
      const deleted = (pod: Pod) => {
        const key = ownerKey(pod)
        if (key) expectations.deletionObserved(key, pod.metadata.uid)
      }
      podInformer.addHandler({
        added(pod) {
          const key = ownerKey(pod)
          if (key && pod.metadata.deletionTimestamp) expectations.deletionObserved(key, pod.metadata.uid)
          else if (key) expectations.creationObserved(key)
        },
        updated(pod) {
          if (pod.metadata.deletionTimestamp) deleted(pod)
        },
        deleted,
      })
    },
    async reconcile(key, context) {
      const workload = context.informer(resource).get(key)
      const expectations = expectationsOf(context)
      if (!workload) {
        expectations.forget(keyOf(key))
        return undefined
      }
      return reconcileWorkload(workload, { kind, expectations, context })
    },
  }
}

interface Step<T extends ReplicaWorkload> {
  kind: ReplicaKind<T>
  expectations: Expectations
  context: ControllerContext
}

async function reconcileWorkload<T extends ReplicaWorkload>(
  workload: T,
  step: Step<T>,
): Promise<ReconcileResult | undefined> {
  const { kind, expectations, context } = step
  const { client, clock } = context
  const key = keyOf(workload.metadata)
  // Asked before the pods are looked at: what is seen in between is only seen too early, never twice.
  const mayAct = expectations.satisfied(key)
  const matcher = kind.selectorOf(workload)
  const candidates = ownedOrOrphaned(context.informer(pods), workload)
  const active = await claim({
    client,
    owner: workload,
    ownerResource: kind.resource,
    resource: pods,
    objects: candidates.filter(isPodActive),
    matches: (pod) => matchesLabels(matcher, pod.metadata.labels),
  })
  const error = mayAct && !workload.metadata.deletionTimestamp ? await manage(workload, active, step) : undefined

  const now = clock.now()
  const status = replicaStatus(workload, {
    active,
    terminating: kind.countsTerminating ? terminating(candidates, { workload, matcher }) : undefined,
    failure: error === undefined ? undefined : messageOf(error),
    now,
  })
  if (!equalJson(status, workload.status)) {
    await client.update(kind.resource, { ...workload, status }, { subresource: 'status' })
  }
  if (error !== undefined) throw error
  const { minReadySeconds = 0 } = workload.spec
  const requeueAfter = minReadySeconds > 0 ? nextAvailability(active, minReadySeconds, now) : undefined
  return requeueAfter === undefined ? undefined : { requeueAfter }
}

const terminating = (
  candidates: readonly Pod[],
  { workload, matcher }: { workload: ReplicaWorkload; matcher: LabelMatcher },
): Pod[] =>
  candidates.filter(
    (pod) =>
      pod.metadata.deletionTimestamp &&
      !isPodTerminal(pod) &&
      controllerOf(pod)?.uid === workload.metadata.uid &&
      matchesLabels(matcher, pod.metadata.labels),
  )

/** Makes what is missing, deletes what is too much; returns the first failure. */
async function manage<T extends ReplicaWorkload>(workload: T, active: readonly Pod[], step: Step<T>): Promise<unknown> {
  const missing = (workload.spec.replicas ?? 1) - active.length
  if (missing > 0) return createPods(workload, Math.min(missing, burstReplicas), step)
  if (missing < 0)
    return deletePods(
      workload,
      selectExcess(workload, { active, count: Math.min(-missing, burstReplicas), step }),
      step,
    )
  return undefined
}

async function createPods<T extends ReplicaWorkload>(
  workload: T,
  count: number,
  { kind, expectations, context }: Step<T>,
): Promise<unknown> {
  const key = keyOf(workload.metadata)
  const reference = controllerReference(kind.resource, workload)
  const pod = podFromTemplate(workload.spec.template ?? {}, {
    namespace: workload.metadata.namespace,
    ownerName: workload.metadata.name,
    reference,
  })
  expectations.expectCreations(key, count)
  const { succeeded, error } = await slowStart(count, async () => {
    await createPod(context, { owner: workload, pod })
  })
  if (succeeded < count) expectations.creationObserved(key, count - succeeded)
  return error
}

function selectExcess<T extends ReplicaWorkload>(
  workload: T,
  { active, count, step }: { active: readonly Pod[]; count: number; step: Step<T> },
): Pod[] {
  return podsToDelete(active, { count, related: relatedPods(workload, step), now: step.context.clock.now() })
}

/** Pods of workloads with the same owner: of a deployment's old and new ReplicaSets, those go first that share a node. */
function relatedPods<T extends ReplicaWorkload>(workload: T, { kind, context }: Step<T>): Pod[] {
  const owner = controllerOf(workload)
  const siblings = owner
    ? context
        .informer(kind.resource)
        .list(workload.metadata.namespace)
        .filter((other) => controllerOf(other)?.uid === owner.uid)
    : [workload]
  return siblings.flatMap((sibling) =>
    ownedOrOrphaned(context.informer(pods), sibling).filter((pod) => controllerOf(pod) && isPodActive(pod)),
  )
}

async function deletePods<T extends ReplicaWorkload>(
  workload: T,
  doomed: readonly Pod[],
  { expectations, context }: Step<T>,
): Promise<unknown> {
  const key = keyOf(workload.metadata)
  expectations.expectDeletions(
    key,
    doomed.map(({ metadata }) => metadata.uid),
  )
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      try {
        if (!(await deletePod(context, { owner: workload, pod }))) expectations.deletionObserved(key, pod.metadata.uid)
      } catch (error) {
        expectations.deletionObserved(key, pod.metadata.uid)
        throw error
      }
    }),
  )
  return results.find((result) => result.status === 'rejected')?.reason
}
