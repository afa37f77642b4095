import { hostPortsConflict } from '@tandem/api/core/v1/host-ports'
import type { Plugin } from '../framework/plugin.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { skip, unschedulable } from '../framework/status.ts'

const refused = unschedulable("node(s) didn't have free ports for the requested pod ports")

/** Two pods on a node cannot claim the same port of it. */
export const plugin: Plugin = {
  name: 'NodePorts',
  events: ['AssignedPodDelete', 'NodeAdd'],
  mayHelp: (pod, change) => !('pod' in change) || conflict(pod, change.pod),
  preFilter: ({ pod }) => (pod.hostPorts.length === 0 ? skip : undefined),
  filter({ pod }, node) {
    for (const other of node.pods.values()) if (conflict(pod, other)) return refused
    return undefined
  },
}

const conflict = (pod: PodInfo, other: PodInfo): boolean =>
  other.hostPorts.some((claimed) => pod.hostPorts.some((wanted) => hostPortsConflict(wanted, claimed)))
