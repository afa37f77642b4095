import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { Pod } from '@tandem/api/core/v1/types'
import { claimNameOf } from '@tandem/api/core/v1/volume-binding'
import type { NodeInfo } from '../framework/node-info.ts'
import type { ObjectSource, Plugin } from '../framework/plugin.ts'
import { skip, unschedulable } from '../framework/status.ts'

const name = 'VolumeRestrictions'

const inUse = unschedulable(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
)

/** The claims of the pod that only one pod at a time may use. */
function exclusiveClaims(pod: Pod, objects: ObjectSource): Set<string> {
  const namespace = pod.metadata.namespace ?? ''
  return new Set(
    (pod.spec.volumes ?? []).flatMap((volume) => {
      const claim = claimNameOf(pod, volume)
      if (claim === undefined) return []
      const modes = objects.get(persistentVolumeClaims, { namespace, name: claim })?.spec.accessModes
      return modes?.includes('ReadWriteOncePod') ? [claim] : []
    }),
  )
}

const uses = (pod: Pod, claims: ReadonlySet<string>): boolean =>
  (pod.spec.volumes ?? []).some((volume) => claims.has(claimNameOf(pod, volume) ?? ''))

/** A claim that one pod uses alone keeps other pods off, wherever that one is; preempting it frees the claim. */
export const plugin: Plugin = {
  name,
  reads: [persistentVolumeClaims],
  events: ['AssignedPodDelete', 'NodeAdd', 'PersistentVolumeClaimAdd', 'UnschedulablePodUpdate'],
  mayHelp: ({ pod }, change) => !('pod' in change) || change.pod.pod.metadata.namespace === pod.metadata.namespace,

  preFilter(cycle) {
    const { pod, key } = cycle.pod
    const claims = exclusiveClaims(pod, cycle.handle.objects)
    if (claims.size === 0) return skip
    const namespace = pod.metadata.namespace ?? ''
    const users = cycle.countPods({
      key: `exclusive ${JSON.stringify([namespace, [...claims].sort()])}`,
      namespaces: new Set([namespace]),
      matches: (other) => other.metadata.namespace === namespace && uses(other, claims),
    })
    cycle.state.set(name, { claims, nodes: new Set(users.keys()), key })
    return undefined
  },

  filter(cycle, node) {
    const state = cycle.state.get(name) as { claims: ReadonlySet<string>; nodes: ReadonlySet<string> } | undefined
    if (!state) return undefined
    const elsewhere = [...state.nodes].some((nodeName) => nodeName !== node.name)
    return elsewhere || hasUser(node, cycle.pod.pod, state.claims) ? inUse : undefined
  },
}

/** Asked of the node as given, which may be one without those that would be preempted. */
const hasUser = ({ pods }: NodeInfo, pod: Pod, claims: ReadonlySet<string>): boolean =>
  [...pods.values()].some((info) => info.pod.metadata.namespace === pod.metadata.namespace && uses(info.pod, claims))
