import type { Plugin } from '../framework/plugin.ts'
import { unresolvable } from '../framework/status.ts'

/** A pod with gates is not looked at until all of them are taken away. */
export const plugin: Plugin = {
  name: 'SchedulingGates',
  events: ['UnschedulablePodUpdate'],
  preEnqueue({ spec }) {
    const gates = (spec.schedulingGates ?? []).map(({ name }) => name)
    return gates.length > 0 ? unresolvable(`waiting for scheduling gates: [${gates.join(' ')}]`) : undefined
  },
}
