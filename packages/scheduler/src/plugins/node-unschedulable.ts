import { tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { nodeOfChange } from '../framework/cluster-event.ts'
import type { Plugin } from '../framework/plugin.ts'
import { unresolvable } from '../framework/status.ts'

const refused = unresolvable('node(s) were unschedulable')

const cordoned = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const

/** A cordoned node takes only pods that tolerate the taint it would have for that. */
export const plugin: Plugin = {
  name: 'NodeUnschedulable',
  events: ['NodeAdd', 'NodeTaintChange', 'UnschedulablePodUpdate'],
  mayHelp({ pod }, change) {
    const node = nodeOfChange(change)
    return !node || takes(node, pod)
  },
  filter: ({ pod }, { node }) => (takes(node, pod.pod) ? undefined : refused),
}

const takes = ({ spec }: Node, pod: Pod): boolean =>
  !spec?.unschedulable || tolerationsTolerateTaint(pod.spec.tolerations, cordoned)
