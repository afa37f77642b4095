import { nodeOfChange } from '../framework/cluster-event.ts'
import type { Plugin } from '../framework/plugin.ts'
import { unresolvable } from '../framework/status.ts'

const refused = unresolvable("node(s) didn't match the requested node name")

/** A pod that names its node runs there or nowhere. */
export const plugin: Plugin = {
  name: 'NodeName',
  events: ['NodeAdd'],
  mayHelp: ({ pod }, change) => nodeOfChange(change)?.metadata.name === pod.spec.nodeName,
  filter: ({ pod }, node) => (pod.pod.spec.nodeName && pod.pod.spec.nodeName !== node.name ? refused : undefined),
}
