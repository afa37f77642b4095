import { matchRequiredNodeAffinity, scorePreferredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import type { NodeSelectorTerm, Pod } from '@tandem/api/core/v1/types'
import { nodeOfChange } from '../framework/cluster-event.ts'
import { normalizeToMax } from '../framework/framework.ts'
import type { Plugin } from '../framework/plugin.ts'
import { skip, unresolvable } from '../framework/status.ts'

const refused = unresolvable("node(s) didn't match Pod's node affinity/selector")
const conflict = unresolvable('pod affinity terms conflict')

const requiredTerms = ({ spec }: Pod): readonly NodeSelectorTerm[] | undefined =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms

const preferredTerms = ({ spec }: Pod) =>
  spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []

/** `nodeSelector` and node affinity. */
export const plugin: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  events: ['NodeAdd', 'NodeLabelChange', 'UnschedulablePodUpdate'],

  mayHelp({ pod }, change) {
    const node = nodeOfChange(change)
    return !node || matchRequiredNodeAffinity(pod, node)
  },

  preFilter({ pod: { pod } }) {
    const terms = requiredTerms(pod)
    if (!terms && !pod.spec.nodeSelector) return skip
    const nodeNames = namesIn(terms)
    if (nodeNames?.size === 0) return conflict
    return nodeNames && { nodeNames }
  },

  filter: ({ pod }, { node }) => (matchRequiredNodeAffinity(pod.pod, node) ? undefined : refused),

  preScore: ({ pod }) => (preferredTerms(pod.pod).length === 0 ? skip : undefined),
  score: ({ pod }, { node }) => scorePreferredNodeAffinity(preferredTerms(pod.pod), node),
  normalizeScores: (_, scores) => normalizeToMax(scores, 'high-is-good'),
}

/** The nodes that terms allow by name, so that a DaemonSet's pod looks at one node; undefined when a term names none. */
function namesIn(terms: readonly NodeSelectorTerm[] | undefined): Set<string> | undefined {
  if (!terms || terms.length === 0) return undefined
  const names = new Set<string>()
  for (const { matchFields = [] } of terms) {
    const named = matchFields
      .filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
      .map(({ values = [] }) => new Set(values))
    const [first, ...rest] = named
    if (!first) return undefined
    for (const name of rest.reduce((common, next) => common.intersection(next), first)) names.add(name)
  }
  return names
}
