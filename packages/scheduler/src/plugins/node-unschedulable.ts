import { tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Plugin } from '../framework/plugin.ts'
import { unresolvable } from '../framework/status.ts'

const refused = unresolvable('node(s) were unschedulable')

const cordoned = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const

/** A cordoned node takes only pods that tolerate the taint it would have for that. */
export const plugin: Plugin = {
  name: 'NodeUnschedulable',
  events: ['NodeAdd', 'NodeTaintChange', 'UnschedulablePodUpdate'],
  filter: ({ pod }, { node }) =>
    node.spec?.unschedulable && !tolerationsTolerateTaint(pod.pod.spec.tolerations, cordoned) ? refused : undefined,
}
