import type { StatefulSet } from '@tandem/api/apps/v1/types'
import type { Pod } from '@tandem/api/core/v1/types'
import { scaledValue } from '@tandem/api/meta/v1/int-or-percent'
import { replicasOf, revisionOf } from './identity.ts'
import { isUnavailable } from './status.ts'

/** One at least, so that an update moves. */
const maxUnavailable = (set: StatefulSet): number => {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1
  return Math.max(1, scaledValue(value, { total: replicasOf(set), round: 'down' }))
}

/** The pods that are to be made anew at another revision, the highest first, and no more than may be missing. */
export function podsToUpdate(
  set: StatefulSet,
  { replicas, revision, now }: { replicas: readonly (Pod | undefined)[]; revision: string; now: number },
): Pod[] {
  const { updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return []
  const unavailable = replicas.filter((pod) => !pod || isUnavailable(pod, set, now)).length
  const room = Math.max(0, maxUnavailable(set) - unavailable)
  return replicas
    .slice(updateStrategy?.rollingUpdate?.partition ?? 0)
    .filter((pod) => pod !== undefined)
    .filter((pod) => revisionOf(pod) !== revision && !pod.metadata.deletionTimestamp)
    .reverse()
    .slice(0, room)
}
