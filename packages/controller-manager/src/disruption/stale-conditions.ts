import { pods } from '@tandem/api/core/v1/pod'
import { findPodCondition, isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'

const staleAfterMs = 120_000

/** Milliseconds until a pod that was to be disrupted, and is still there, is not to be any more; undefined for others. */
export function staleIn({ metadata, status }: Pod, now: number): number | undefined {
  const condition = findPodCondition(status, 'DisruptionTarget')
  const isWaiting =
    !metadata.deletionTimestamp && condition?.status === 'True' && condition.reason !== 'TerminationByKubelet'
  if (!isWaiting || isPodTerminal({ metadata, status } as Pod)) return undefined
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + staleAfterMs - now)
}

/** Takes back the word that a pod will be disrupted where nobody did it. */
export function watchStaleConditions({ clock, client, informer, logger, signal }: ControllerContext): void {
  const waiting = new Set<string>()
  const look = ({ metadata }: Pod) => {
    const { namespace, name, uid } = metadata
    const pod = informer(pods).get({ namespace, name })
    const wait = pod && staleIn(pod, clock.now())
    if (wait === undefined || waiting.has(uid) || signal.aborted) return
    waiting.add(uid)
    clock.after(wait, () => {
      waiting.delete(uid)
      const current = informer(pods).get({ namespace, name })
      if (current && staleIn(current, clock.now()) === 0) void clear(current)
    })
  }
  const clear = async ({ metadata }: Pod) => {
    const { namespace, name, uid } = metadata
    const body = { metadata: { uid }, status: { conditions: [{ type: 'DisruptionTarget', status: 'False' }] } }
    await client
      .patch(pods, { namespace, name }, { type: 'strategic', body }, { subresource: 'status' })
      .catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) logger.warn({ error, pod: name }, 'condition could not be reset')
      })
  }
  informer(pods).addHandler({ added: look, updated: look })
}
