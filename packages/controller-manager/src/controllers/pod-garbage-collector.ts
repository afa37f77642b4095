import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import { isNotFound } from '@tandem/apimachinery'
import type { ControllerContext, FreeController } from '@tandem/controller-runtime'
import { type Garbage, selectGarbage } from '../pod-garbage/select.ts'
import { timestamp } from '../timestamp.ts'

const periodMs = 20_000
/** A node must be missing for this long before its pods are: it may only be new, and not yet in our cache. */
const quarantineMs = 40_000

/** Clears away pods that no kubelet will. Reads `terminated-pod-gc-threshold`. */
export const controller: FreeController = {
  name: 'pod-garbage-collector-controller',
  role: 'pod-garbage-collector',
  permissions: [
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch', 'delete'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
  ],
  async run(context) {
    const { clock, informer, logger, settings, signal } = context
    const missingSince = new Map<string, number>()
    await Promise.all([informer(pods).synced, informer(nodes).synced])
    while (!signal.aborted) {
      const all = informer(pods).list()
      noteMissing(missingSince, { context, names: new Set(all.flatMap(({ spec }) => spec.nodeName ?? [])) })
      const garbage = selectGarbage(all, {
        nodes: informer(nodes).list(),
        threshold: Number(settings['terminated-pod-gc-threshold'] ?? 12_500),
        isGone: (name) => clock.monotonic() - (missingSince.get(name) ?? Number.POSITIVE_INFINITY) >= quarantineMs,
      })
      for (const item of garbage) {
        await remove(item, context).catch((error: unknown) =>
          logger.warn({ error, pod: item.pod.metadata.name }, 'pod could not be removed'),
        )
      }
      await clock.sleep(periodMs, signal).catch(() => undefined)
    }
  },
}

function noteMissing(
  since: Map<string, number>,
  { context, names }: { context: ControllerContext; names: ReadonlySet<string> },
): void {
  const { clock, informer } = context
  const isThere = (name: string) => informer(nodes).get({ name }) !== undefined
  for (const name of since.keys()) if (!names.has(name) || isThere(name)) since.delete(name)
  for (const name of names) if (!since.has(name) && !isThere(name)) since.set(name, clock.monotonic())
}

async function remove({ pod, why }: Garbage, { client, clock }: ControllerContext): Promise<void> {
  const { namespace, name, uid } = pod.metadata
  try {
    if (!isPodTerminal(pod) && why !== 'terminated') {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
        lastTransitionTime: timestamp(clock.now()),
      }
      // Its controller sees that it ended, and does not count it among those that only linger.
      const body = { status: { phase: 'Failed', ...(why === 'orphaned' && { conditions: [condition] }) } }
      await client.patch(pods, { namespace, name }, { type: 'strategic', body }, { subresource: 'status' })
    }
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
