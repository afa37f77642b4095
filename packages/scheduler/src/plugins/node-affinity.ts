import {
  matchNodeSelector,
  matchRequiredNodeAffinity,
  scorePreferredNodeAffinity,
} from '@tandem/api/core/v1/node-affinity'
import { validateNodeSelector } from '@tandem/api/core/v1/node-selector'
import type { Node, NodeAffinity, NodeSelectorTerm, Pod } from '@tandem/api/core/v1/types'
import { UsageError } from '@tandem/component-base/flags/index'
import { fieldsOf } from '../config/reading.ts'
import { nodeOfChange } from '../framework/cluster-event.ts'
import { normalizeToMax } from '../framework/framework.ts'
import type { Plugin } from '../framework/plugin.ts'
import { skip, unresolvable } from '../framework/status.ts'

const refused = unresolvable("node(s) didn't match Pod's node affinity/selector")
const enforced = unresolvable("node(s) didn't match scheduler-enforced node affinity")
const conflict = unresolvable('pod affinity terms conflict')

const requiredTerms = ({ spec }: Pod): readonly NodeSelectorTerm[] | undefined =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms

const preferredTerms = ({ spec }: Pod) =>
  spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []

/** `nodeSelector` and node affinity, of the pod and, in addition, of the profile. */
const create = (added: NodeAffinity): Plugin => ({
  name: 'NodeAffinity',
  weight: 2,
  configure: (args) => create(readAddedAffinity(args)),
  events: ['NodeAdd', 'NodeLabelChange', 'UnschedulablePodUpdate'],

  mayHelp({ pod }, change) {
    const node = nodeOfChange(change)
    return !node || (matchesAdded(added, node) && matchRequiredNodeAffinity(pod, node))
  },

  preFilter({ pod: { pod } }) {
    const terms = requiredTerms(pod)
    if (!terms && !pod.spec.nodeSelector && !requiredBy(added)) return skip
    const nodeNames = namesIn(terms)
    if (nodeNames?.size === 0) return conflict
    return nodeNames && { nodeNames }
  },

  filter({ pod }, { node }) {
    if (!matchesAdded(added, node)) return enforced
    return matchRequiredNodeAffinity(pod.pod, node) ? undefined : refused
  },

  preScore: ({ pod }) => (preferredTerms(pod.pod).length + preferredBy(added).length === 0 ? skip : undefined),
  score: ({ pod }, { node }) =>
    scorePreferredNodeAffinity(preferredTerms(pod.pod), node) + scorePreferredNodeAffinity(preferredBy(added), node),
  normalizeScores: (_, scores) => normalizeToMax(scores, 'high-is-good'),
})

export const plugin = create({})

const requiredBy = ({ requiredDuringSchedulingIgnoredDuringExecution }: NodeAffinity) =>
  requiredDuringSchedulingIgnoredDuringExecution

const preferredBy = ({ preferredDuringSchedulingIgnoredDuringExecution = [] }: NodeAffinity) =>
  preferredDuringSchedulingIgnoredDuringExecution

const matchesAdded = (added: NodeAffinity, node: Node): boolean => {
  const required = requiredBy(added)
  return !required || matchNodeSelector(required, node)
}

function readAddedAffinity(args: Readonly<Record<string, unknown>>): NodeAffinity {
  const { addedAffinity } = fieldsOf(args, 'args', ['addedAffinity'])
  const known = ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']
  const affinity = fieldsOf(addedAffinity, 'args.addedAffinity', known) as NodeAffinity
  const required = requiredBy(affinity)
  const path = 'args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution'
  const [problem] = required ? validateNodeSelector(path, required) : []
  if (problem) throw new UsageError(`${problem.field}: ${problem.message}`)
  return affinity
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
