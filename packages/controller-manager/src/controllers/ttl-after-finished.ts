import { jobs } from '@tandem/api/batch/v1/job'
import type { Job } from '@tandem/api/batch/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { timeToLive } from '../jobs/time-to-live.ts'
import { eventRule } from '../permissions.ts'

/** Deletes jobs that ended longer ago than they wanted to be kept. */
export const controller: Controller<Job> = {
  name: 'ttl-after-finished-controller',
  for: jobs,
  permissions: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'delete'] }, eventRule],
  async reconcile(key, { client, clock, informer }) {
    const cached = informer(jobs).get(key)
    const waitMs = cached && timeToLive(cached, clock.now())
    if (waitMs === undefined) return undefined
    if (waitMs > 0) return { requeueAfter: waitMs }
    try {
      // It may have been given more time: the cache is not asked about what cannot be undone.
      const job = await client.get(jobs, key)
      const leftMs = timeToLive(job, clock.now())
      if (leftMs === undefined) return undefined
      if (leftMs > 0) return { requeueAfter: leftMs }
      const { uid } = job.metadata
      await client.delete(jobs, key, { propagationPolicy: 'Foreground', preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return undefined
  },
}
