import { hostPortsConflict } from '@tandem/api/core/v1/host-ports'
import type { Plugin } from '../framework/plugin.ts'
import { skip, unschedulable } from '../framework/status.ts'

const refused = unschedulable("node(s) didn't have free ports for the requested pod ports")

/** Two pods on a node cannot claim the same port of it. */
export const plugin: Plugin = {
  name: 'NodePorts',
  events: ['AssignedPodDelete', 'NodeAdd'],
  preFilter: ({ pod }) => (pod.hostPorts.length === 0 ? skip : undefined),
  filter({ pod }, node) {
    for (const other of node.pods.values()) {
      for (const claimed of other.hostPorts)
        if (pod.hostPorts.some((wanted) => hostPortsConflict(wanted, claimed))) return refused
    }
    return undefined
  },
}
