import {
  daemonSetRollout,
  deploymentRollout,
  type RolloutStatus,
  statefulSetRollout,
} from '@tandem/api/apps/v1/rollout-status'
import type { DaemonSet, Deployment, StatefulSet } from '@tandem/api/apps/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'

/** How far a workload's rollout has come; undefined for kinds that have none. */
export function rolloutOf(object: KubernetesObject): RolloutStatus | undefined {
  switch (object.kind) {
    case 'Deployment':
      return deploymentRollout(object as Deployment)
    case 'StatefulSet':
      return statefulSetRollout(object as StatefulSet)
    case 'DaemonSet':
      return daemonSetRollout(object as DaemonSet)
    default:
      return undefined
  }
}
