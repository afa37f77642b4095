import { matchesLabels } from '@tandem/apimachinery'
import { groupedTerms } from '../cache/affinity-groups.ts'
import type { NodeCounts } from '../cache/node-counts.ts'
import { fieldsOf, intIn } from '../config/reading.ts'
import { type AffinityTerm, queryOf, termMatches } from '../framework/affinity-term.ts'
import { nodeOfChange } from '../framework/cluster-event.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import { type Cycle, maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { skip, unresolvable, unschedulable } from '../framework/status.ts'
import { whatIf } from '../framework/what-if.ts'

const affinityNotMet = unresolvable("node(s) didn't match pod affinity rules")
const antiAffinityNotMet = unschedulable("node(s) didn't match pod anti-affinity rules")
const refusedByOthers = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

/** Counts of pods by the value of one topology. */
interface TermCounts {
  term: AffinityTerm
  counts: ReadonlyMap<string, number>
}

interface State {
  /** Pods that match all required terms together, for each term's topology. */
  required: readonly TermCounts[]
  requiredAnti: readonly TermCounts[]
  /** Terms of pods that are there and that do not want this one near. */
  others: readonly (TermCounts & { group: string })[]
  /** Nobody matches yet, and the pod would itself: somebody has to be the first. */
  isFirst: boolean
}

interface Arguments {
  /** What it counts that a pod which must be near this one is there. */
  hardPodAffinityWeight: number
  /** What pods that are there prefer counts only for pods that prefer something themselves. */
  ignorePreferredTermsOfExistingPods: boolean
}

const name = 'InterPodAffinity'

/** Pods that want to be near others, or far from them. */
const create = (args: Arguments): Plugin => ({
  name,
  weight: 2,
  configure: (given) => create(readArguments(given)),
  events: [
    'AssignedPodAdd',
    'AssignedPodDelete',
    'AssignedPodUpdate',
    'NodeAdd',
    'NodeLabelChange',
    'NamespaceLabelChange',
    'UnschedulablePodUpdate',
  ],

  mayHelp({ affinityTerms: { required, requiredAnti } }, change) {
    const node = nodeOfChange(change)
    // A node without a topology is near nobody.
    if (node) return required.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined)
    if (!('pod' in change)) return true
    const { pod, event } = change
    // Without the labels of namespaces at hand, a selector of them may choose any.
    const isChosen = ({ namespaces, namespaceSelector, selector }: AffinityTerm): boolean =>
      (namespaceSelector !== undefined || namespaces.has(pod.pod.metadata.namespace ?? '')) &&
      (event === 'AssignedPodUpdate' || matchesLabels(selector, pod.pod.metadata.labels))
    if (event !== 'AssignedPodDelete' && required.some(isChosen)) return true
    return event !== 'AssignedPodAdd' && (pod.affinityTerms.requiredAnti.length > 0 || requiredAnti.some(isChosen))
  },

  preFilter(cycle) {
    const { required, requiredAnti } = cycle.pod.affinityTerms
    const others = [...cycle.affinityGroups()]
      .filter(
        ([, { kind, term }]) => kind === 'requiredAnti' && termMatches(term, cycle.pod.pod, cycle.namespaceLabels),
      )
      .map(([group, { term, nodes }]) => ({ group, term, counts: nodes.byTopology(term.topologyKey) }))
    if (required.length === 0 && requiredAnti.length === 0 && others.length === 0) return skip
    const matching = required.length > 0 ? cycle.countPods(queryOf(required, cycle.namespaceLabels)) : undefined
    const state: State = {
      required: required.map((term) => ({ term, counts: matching?.byTopology(term.topologyKey) ?? new Map() })),
      requiredAnti: requiredAnti.map((term) => ({
        term,
        counts: cycle.countPods(queryOf([term], cycle.namespaceLabels)).byTopology(term.topologyKey),
      })),
      others,
      isFirst: !matching?.size && required.every((term) => termMatches(term, cycle.pod.pod, cycle.namespaceLabels)),
    }
    cycle.state.set(name, state)
    return undefined
  },

  filter(cycle, node) {
    const state = cycle.state.get(name) as State | undefined
    if (!state) return undefined
    if (!hasRequired(state, cycle, node)) return affinityNotMet
    if (!isFarEnough(state, cycle, node)) return antiAffinityNotMet
    return isRefused(state, cycle, node) ? refusedByOthers : undefined
  },

  preScore(cycle) {
    const wishes = wishesOf(cycle, args)
    if (wishes.length === 0) return skip
    cycle.state.set(`${name}/score`, wishes)
    return undefined
  },

  score(cycle, { node }) {
    const wishes = cycle.state.get(`${name}/score`) as readonly Wish[]
    const labels = node.metadata.labels ?? {}
    let sum = 0
    for (const { key, counts, weight } of wishes) {
      const value = labels[key]
      if (value !== undefined) sum += weight * (counts.get(value) ?? 0)
    }
    return sum
  },

  normalizeScores(_, scores) {
    const min = Math.min(...scores)
    const range = Math.max(...scores) - min
    for (const [index, score] of scores.entries())
      scores[index] = range > 0 ? Math.trunc((maxNodeScore * (score - min)) / range) : 0
  },
})

const defaults: Arguments = { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false }

export const plugin = create(defaults)

function readArguments(args: Readonly<Record<string, unknown>>): Arguments {
  const fields = fieldsOf(args, 'args', Object.keys(defaults))
  const { hardPodAffinityWeight: weight = defaults.hardPodAffinityWeight } = fields
  return {
    hardPodAffinityWeight: intIn(weight, { path: 'args.hardPodAffinityWeight', min: 0, max: 100 }),
    ignorePreferredTermsOfExistingPods: fields.ignorePreferredTermsOfExistingPods === true,
  }
}

const labelOf = ({ node }: NodeInfo, key: string): string | undefined => node.metadata.labels?.[key]

function hasRequired({ required, isFirst }: State, cycle: Cycle, node: NodeInfo): boolean {
  if (required.some(({ term }) => labelOf(node, term.topologyKey) === undefined)) return false
  const terms = required.map(({ term }) => term)
  const difference = whatIf(cycle, node, ({ pod }) =>
    terms.every((term) => termMatches(term, pod, cycle.namespaceLabels)),
  )
  return (
    isFirst ||
    required.every(({ term, counts }) => (counts.get(labelOf(node, term.topologyKey) ?? '') ?? 0) + difference > 0)
  )
}

const isFarEnough = ({ requiredAnti }: State, cycle: Cycle, node: NodeInfo): boolean =>
  requiredAnti.every(({ term, counts }) => {
    const value = labelOf(node, term.topologyKey)
    if (value === undefined) return true
    return (
      (counts.get(value) ?? 0) + whatIf(cycle, node, ({ pod }) => termMatches(term, pod, cycle.namespaceLabels)) <= 0
    )
  })

const isRefused = ({ others }: State, cycle: Cycle, node: NodeInfo): boolean =>
  others.some(({ term, counts, group }) => {
    const value = labelOf(node, term.topologyKey)
    if (value === undefined) return false
    return (
      (counts.get(value) ?? 0) + whatIf(cycle, node, (info) => groupedTerms(info).some(({ key }) => key === group)) > 0
    )
  })

/** Each pod counted at a value of a topology is worth something to it, or costs it something. */
interface Wish {
  key: string
  counts: ReadonlyMap<string, number>
  weight: number
}

/** What this pod prefers, and what those that are there prefer of it. */
function wishesOf(cycle: Cycle, args: Arguments): Wish[] {
  const wishes: Wish[] = []
  const add = ({ topologyKey }: AffinityTerm, nodes: NodeCounts, weight: number): void => {
    const counts = nodes.byTopology(topologyKey)
    if (weight !== 0 && counts.size > 0) wishes.push({ key: topologyKey, counts, weight })
  }
  const { preferred, preferredAnti } = cycle.pod.affinityTerms
  const counted = (term: AffinityTerm): NodeCounts => cycle.countPods(queryOf([term], cycle.namespaceLabels))
  for (const term of preferred) add(term, counted(term), term.weight)
  for (const term of preferredAnti) add(term, counted(term), -term.weight)
  // Those that are there are asked too, unless they are not to be and this pod has no wish of its own.
  if (args.ignorePreferredTermsOfExistingPods && preferred.length + preferredAnti.length === 0) return wishes
  for (const [, { kind, term, weight, nodes }] of cycle.affinityGroups()) {
    if (kind === 'requiredAnti' || !termMatches(term, cycle.pod.pod, cycle.namespaceLabels)) continue
    // Who must be near such a pod is glad of another one.
    add(term, nodes, kind === 'required' ? args.hardPodAffinityWeight : kind === 'preferred' ? weight : -weight)
  }
  return wishes
}
