import type { DaemonSet } from '@tandem/api/apps/v1/types'
import { matchRequiredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import { findUntoleratedTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { daemonTolerations } from './pod-of-daemonset.ts'

/** `run`: a pod should be made there; `keep`: one that is there may stay. */
export type NodeFit = 'run' | 'keep' | 'leave'

export function nodeFit({ spec: { template } }: DaemonSet, node: Node): NodeFit {
  const spec = template.spec ?? { containers: [] }
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return 'leave'
  if (!matchRequiredNodeAffinity({ spec } as Pod, node)) return 'leave'
  const tolerated = daemonTolerations(spec)
  const repels = (...effects: string[]) =>
    findUntoleratedTaint(node.spec?.taints, tolerated, ({ effect }) => effects.includes(effect ?? '')) !== undefined
  if (!repels('NoExecute', 'NoSchedule')) return 'run'
  return repels('NoExecute') ? 'leave' : 'keep'
}
