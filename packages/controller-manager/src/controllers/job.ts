import { jobs } from '@tandem/api/batch/v1/job'
import type { Job } from '@tandem/api/batch/v1/types'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { controllerOf, keyOf, labelMatcherOf, matchesLabels, type ObjectKey } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun } from '@tandem/controller-runtime'
import { isJobFinished } from '../jobs/conditions.ts'
import { isTracked } from '../jobs/job-pods.ts'
import { JobMemory } from '../jobs/memory.ts'
import { releasePod } from '../jobs/release.ts'
import { syncJob } from '../jobs/sync-job.ts'
import { isManagedElsewhere } from '../jobs/traits.ts'
import { indexByController } from '../ownership.ts'
import { eventRule } from '../permissions.ts'

const memoryOf = perRun(({ clock }) => new JobMemory(clock))
const byJobName = 'tracked by job name'
const jobNameLabel = 'batch.kubernetes.io/job-name'

/** Runs pods until enough of them have succeeded, and counts each of them once. */
export const controller: Controller<Job> = {
  name: 'job-controller',
  for: jobs,
  owns: [pods],
  watches: [{ resource: pods, keys: jobsOfOrphan }],
  permissions: [
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
    { apiGroups: ['batch'], resources: ['jobs/status', 'jobs/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'create', 'delete', 'patch'] },
    eventRule,
  ],
  setup(context) {
    const podInformer = context.informer(pods)
    indexByController(podInformer)
    podInformer.addIndex(byJobName, (pod) => (isTracked(pod) ? trackers(pod).map(keyOf) : []))
    observePods(context)
  },
  async reconcile(key, context) {
    const job = context.informer(jobs).get(key)
    const memory = memoryOf(context)
    const id = keyOf(key)
    if (!job) {
      memory.forget(id)
      await releaseOrphans(key, context)
      return undefined
    }
    if (isManagedElsewhere(job)) return undefined
    if (isJobFinished(job)) {
      memory.forget(id)
      await releaseOrphans(key, context)
      return undefined
    }
    return memory.isStale(id, job) ? undefined : syncJob(job, { context, memory })
  },
}

/** The job that a pod says it belongs to, by reference or, where that was taken away, by label. */
function trackers(pod: Pod): ObjectKey[] {
  const { namespace, labels } = pod.metadata
  const owner = controllerOf(pod)
  const name = owner ? (owner.kind === 'Job' ? owner.name : undefined) : labels?.[jobNameLabel]
  return name ? [{ namespace, name }] : []
}

/** Pods of a job that is gone or over wait for nobody. */
async function releaseOrphans(key: ObjectKey, { client, informer }: ControllerContext): Promise<void> {
  const job = informer(jobs).get(key)
  const waiting = informer(pods)
    .byIndex(byJobName, keyOf(key))
    .filter((pod) => {
      const owner = controllerOf(pod)
      return !job || (isJobFinished(job) && (!owner || owner.uid === job.metadata.uid))
    })
  await Promise.all(waiting.map((pod) => releasePod(client, pod)))
}

function jobsOfOrphan(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  if (controllerOf(pod)) return []
  const adopters = informer(jobs)
    .list(pod.metadata.namespace)
    .filter(({ spec }) => matchesLabels(labelMatcherOf(spec.selector), pod.metadata.labels))
    .map(({ metadata }) => metadata)
  return isTracked(pod) ? [...adopters, ...trackers(pod)] : adopters
}

function observePods(context: ControllerContext): void {
  const memory = memoryOf(context)
  const keyOfOwner = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod)
    return owner?.kind === 'Job' ? keyOf({ namespace: pod.metadata.namespace, name: owner.name }) : undefined
  }
  const gone = (pod: Pod) => {
    const key = keyOfOwner(pod)
    if (!key) return
    memory.expectations.deletionObserved(key, pod.metadata.uid)
  }
  context.informer(pods).addHandler({
    added(pod) {
      const key = keyOfOwner(pod)
      if (pod.metadata.deletionTimestamp) gone(pod)
      else if (key) memory.expectations.creationObserved(key)
    },
    updated(pod) {
      const key = keyOfOwner(pod)
      if (pod.metadata.deletionTimestamp) gone(pod)
      if (key && !isTracked(pod)) memory.releaseObserved(key, pod.metadata.uid)
    },
    deleted(pod) {
      const key = keyOfOwner(pod)
      gone(pod)
      if (key) memory.releaseObserved(key, pod.metadata.uid)
    },
  })
}
