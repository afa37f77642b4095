import { findUntoleratedTaint, tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod, Taint } from '@tandem/api/core/v1/types'
import { nodeOfChange } from '../framework/cluster-event.ts'
import { normalizeToMax } from '../framework/framework.ts'
import type { Plugin } from '../framework/plugin.ts'
import { unresolvable } from '../framework/status.ts'

const refused = unresolvable('node(s) had untolerated taint(s)')

const keepsOut = ({ effect }: Taint): boolean => effect === 'NoSchedule' || effect === 'NoExecute'

const isTolerated = ({ spec }: Node, pod: Pod): boolean =>
  findUntoleratedTaint(spec?.taints, pod.spec.tolerations, keepsOut) === undefined

/** Keeps pods off nodes with taints they do not tolerate, and prefers nodes with few that only ask to be avoided. */
export const plugin: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  events: ['NodeAdd', 'NodeTaintChange', 'UnschedulablePodUpdate'],

  mayHelp({ pod }, change) {
    const node = nodeOfChange(change)
    return !node || isTolerated(node, pod)
  },

  filter: ({ pod }, { node }) => (isTolerated(node, pod.pod) ? undefined : refused),

  score({ pod }, { node }) {
    const taints = node.spec?.taints
    if (!taints) return 0
    const tolerations = (pod.pod.spec.tolerations ?? []).filter(
      ({ effect }) => !effect || effect === 'PreferNoSchedule',
    )
    return taints.filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !tolerationsTolerateTaint(tolerations, taint),
    ).length
  },

  normalizeScores: (_, scores) => normalizeToMax(scores, 'low-is-good'),
}
