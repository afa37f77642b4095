import { pods } from '@tandem/api/core/v1/pod'
import { isPodReady, setPodCondition } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { disruptionAllowed, withDisruptionAllowed } from '@tandem/api/policy/v1/disruption-allowed'
import { podDisruptionBudgets } from '@tandem/api/policy/v1/poddisruptionbudget'
import type { Eviction, PodDisruptionBudget, PodDisruptionBudgetStatus } from '@tandem/api/policy/v1/types'
import {
  badRequest,
  type DeleteOptions,
  forbidden,
  isConflict,
  labelMatcherOf,
  matchesLabels,
  StatusError,
  success,
  tooManyRequests,
} from '@tandem/apimachinery'
import { deleteRequest } from '../../handlers/delete.ts'
import { admissionRequest, type Handler, type ResourceRequest } from '../../handlers/handler.ts'
import { sendObject } from '../../request/respond.ts'
import { timestamp } from '../timestamp.ts'
import { decodeSubresource } from './decode.ts'

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' }
const budgetsResource = { group: 'policy', resource: 'poddisruptionbudgets' }
/** More pods than this are not waited for at once: something else is wrong then. */
const maxDisruptedPods = 2000
const retrySeconds = 10
const mostTries = 20

/** `pods/eviction`: a deletion that asks the pod's disruption budget first. */
export const createEviction: Handler = async (resource) => {
  const { kube, services, request, reply } = resource
  const { namespace, name } = kube.info
  const decoded = decodeSubresource<Eviction>(resource, evictionKind)
  const eviction = decoded.object
  if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const options: DeleteOptions = { ...(eviction.deleteOptions as DeleteOptions | undefined) }
  if (decoded.dryRun) options.dryRun = ['All']
  const dryRun = (options.dryRun?.length ?? 0) > 0
  const admission = admissionRequest(resource, { operation: 'CREATE', object: eviction, oldObject: undefined, dryRun })
  await services.admission.admit(admission)
  await services.admission.validate(admission)

  for (let tries = 1; ; tries++) {
    const pod = (await services.resources.store(pods).get({ namespace, name })).object()
    const guarded = mayBeDisrupted(pod) ? undefined : await askBudget(resource, pod, dryRun)
    // What let it go must still be so when it goes: that it had not started, or served nobody.
    const mustStay = !options.preconditions?.resourceVersion && (guarded?.unhealthy || isPending(pod))
    const { resourceVersion } = pod.metadata
    try {
      const preconditions = mustStay ? { ...options.preconditions, resourceVersion } : options.preconditions
      await markAndDelete(resource, { ...options, ...(preconditions && { preconditions }) }, dryRun)
      break
    } catch (error) {
      if (!mustStay || !isConflict(error)) throw error
      if (guarded) throw stillProcessing(guarded.budget)
      if (tries === mostTries) throw error
    }
  }
  sendObject(request, reply, 201, success(undefined, 201))
}

/** Pods that serve nobody, or no longer, are no loss. */
const mayBeDisrupted = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '')

const isPending = ({ metadata, status }: Pod): boolean => !metadata.deletionTimestamp && status?.phase === 'Pending'

interface Guarded {
  budget: string
  /** The pod counted for nothing: it must still be so when it is deleted. */
  unhealthy: boolean
}

async function askBudget({ services }: ResourceRequest, pod: Pod, dryRun: boolean): Promise<Guarded | undefined> {
  const namespace = pod.metadata.namespace ?? ''
  const store = services.resources.store(podDisruptionBudgets)
  const { entries } = await store.list({ namespace })
  const budgets = entries
    .map((entry) => entry.object())
    .filter(({ spec }) => matchesLabels(labelMatcherOf(spec?.selector), pod.metadata.labels))
  const [budget] = budgets
  if (!budget) return undefined
  if (budgets.length > 1)
    throw new StatusError({
      code: 500,
      reason: '',
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    })
  const { name } = budget.metadata
  if (!isPodReady(pod) && unhealthyMayGo(budget)) return { budget: name, unhealthy: true }
  await store.update(
    { namespace, name },
    (current) => {
      const changed = current as PodDisruptionBudget
      decrement(changed, pod.metadata.name, services.clock.now())
      return changed
    },
    { dryRun, subresource: 'status' },
  )
  return { budget: name, unhealthy: false }
}

function unhealthyMayGo({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

/** Takes one from what the budget allows, until the controller has seen the pod go. */
function decrement(budget: PodDisruptionBudget, podName: string, now: number): void {
  const { metadata, status } = budget
  const { name, generation = 0 } = metadata
  if (!status || (status.observedGeneration ?? 0) < generation) throw stillProcessing(name)
  const { disruptionsAllowed = 0 } = status
  if (disruptionsAllowed < 0) throw forbidden(budgetsResource, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods)
    throw forbidden(
      budgetsResource,
      name,
      `DisruptedPods map too big - too many evictions not confirmed by PDB controller`,
    )
  if (disruptionsAllowed === 0) throw overBudget(whyNone(name, status))
  status.disruptionsAllowed = disruptionsAllowed - 1
  if (status.disruptionsAllowed === 0) status.conditions = withDisruptionAllowed(status, { now })
  status.disruptedPods = { ...status.disruptedPods, [podName]: timestamp(now) }
}

function whyNone(name: string, status: PodDisruptionBudgetStatus): string {
  const { desiredHealthy = 0, currentHealthy = 0 } = status
  const condition = disruptionAllowed(status)
  const message = condition?.status === 'False' ? condition.message : ''
  if (message && condition?.reason === 'SyncFailed')
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${message}`
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  const shown = message ? ` (${condition?.reason}): ${message}` : ''
  return `The disruption budget ${name} does not allow evicting pods currently${shown}`
}

const overBudget = (cause: string, retryAfter = 0): StatusError => {
  const { status } = tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfter)
  return new StatusError({
    ...status,
    details: { ...status.details, causes: [{ reason: 'DisruptionBudget', message: cause }] },
  })
}

const stillProcessing = (name: string): StatusError =>
  overBudget(`The disruption budget ${name} is still being processed by the server.`, retrySeconds)

async function markAndDelete(resource: ResourceRequest, options: DeleteOptions, dryRun: boolean): Promise<void> {
  const { services, kube } = resource
  const { namespace, name } = kube.info
  const store = services.resources.store(pods)
  let { preconditions } = options
  if (!dryRun) {
    const { entry } = await store.update(
      { namespace, name },
      (pod) => {
        const marked = pod as Pod
        marked.status ??= {}
        const condition = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
          message: 'Eviction API: evicting',
        } as const
        setPodCondition(marked.status, condition, services.clock.now())
        return marked
      },
      { subresource: 'status', preconditions },
    )
    if (preconditions?.resourceVersion) preconditions = { ...preconditions, resourceVersion: String(entry.revision) }
  }
  await store.delete({ namespace, name }, { ...deleteRequest(resource, options), preconditions })
}
