import { matchesLabels } from '@tandem/apimachinery'
import { type AffinityTerm, queryOf, termMatches } from '../framework/affinity-term.ts'
import { nodeOfChange } from '../framework/cluster-event.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import { type Cycle, maxNodeScore, type Plugin } from '../framework/plugin.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { skip, unresolvable, unschedulable } from '../framework/status.ts'
import { byTopology, whatIf } from '../framework/what-if.ts'

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
  others: readonly { term: AffinityTerm; value: string; owner: PodInfo; nodeName: string }[]
  /** Nobody matches yet, and the pod would itself: somebody has to be the first. */
  isFirst: boolean
}

/** Pods that want to be near others, or far from them. */
export const plugin: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
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
    const others = [...cycle.podsWithAffinity()].flatMap(({ info, nodeName }) =>
      info.affinityTerms.requiredAnti
        .filter((term) => termMatches(term, cycle.pod.pod, cycle.namespaceLabels))
        .flatMap((term) => {
          const value = cycle.node(nodeName)?.node.metadata.labels?.[term.topologyKey]
          return value === undefined ? [] : [{ term, value, owner: info, nodeName }]
        }),
    )
    if (required.length === 0 && requiredAnti.length === 0 && others.length === 0) return skip
    const matching =
      required.length > 0 ? cycle.countPods(queryOf(required, cycle.namespaceLabels)) : new Map<string, number>()
    const state: State = {
      required: required.map((term) => ({ term, counts: byTopology(matching, term.topologyKey, cycle) })),
      requiredAnti: requiredAnti.map((term) => ({
        term,
        counts: byTopology(cycle.countPods(queryOf([term], cycle.namespaceLabels)), term.topologyKey, cycle),
      })),
      others,
      isFirst: matching.size === 0 && required.every((term) => termMatches(term, cycle.pod.pod, cycle.namespaceLabels)),
    }
    cycle.state.set(plugin.name, state)
    return undefined
  },

  filter(cycle, node) {
    const state = cycle.state.get(plugin.name) as State | undefined
    if (!state) return undefined
    if (!hasRequired(state, cycle, node)) return affinityNotMet
    if (!isFarEnough(state, cycle, node)) return antiAffinityNotMet
    return isRefused(state, cycle, node) ? refusedByOthers : undefined
  },

  preScore(cycle) {
    const scores = topologyScores(cycle)
    if (scores.size === 0) return skip
    cycle.state.set(`${plugin.name}/score`, scores)
    return undefined
  },

  score(cycle, { node }) {
    const scores = cycle.state.get(`${plugin.name}/score`) as ReadonlyMap<string, ReadonlyMap<string, number>>
    let sum = 0
    for (const [key, values] of scores) sum += values.get(node.metadata.labels?.[key] ?? '') ?? 0
    return sum
  },

  normalizeScores(_, scores) {
    const min = Math.min(...scores)
    const range = Math.max(...scores) - min
    for (const [index, score] of scores.entries())
      scores[index] = range > 0 ? Math.trunc((maxNodeScore * (score - min)) / range) : 0
  },
}

const labelOf = ({ node }: NodeInfo, key: string): string | undefined => node.metadata.labels?.[key]

function hasRequired({ required, isFirst }: State, cycle: Cycle, node: NodeInfo): boolean {
  if (required.some(({ term }) => labelOf(node, term.topologyKey) === undefined)) return false
  const terms = required.map(({ term }) => term)
  const difference = whatIf(cycle, node, (pod) => terms.every((term) => termMatches(term, pod, cycle.namespaceLabels)))
  return (
    isFirst ||
    required.every(({ term, counts }) => (counts.get(labelOf(node, term.topologyKey) ?? '') ?? 0) + difference > 0)
  )
}

const isFarEnough = ({ requiredAnti }: State, cycle: Cycle, node: NodeInfo): boolean =>
  requiredAnti.every(({ term, counts }) => {
    const value = labelOf(node, term.topologyKey)
    if (value === undefined) return true
    return (counts.get(value) ?? 0) + whatIf(cycle, node, (pod) => termMatches(term, pod, cycle.namespaceLabels)) <= 0
  })

const isRefused = ({ others }: State, cycle: Cycle, node: NodeInfo): boolean =>
  others.some(({ term, value, owner, nodeName }) => {
    if (labelOf(node, term.topologyKey) !== value) return false
    const isTriedWithout = nodeName === node.name && node !== cycle.node(node.name) && !node.pods.has(owner.key)
    return !isTriedWithout
  })

/** What each value of each topology gains or loses: by what this pod prefers, and by what those that are there prefer of it. */
function topologyScores(cycle: Cycle): Map<string, Map<string, number>> {
  const scores = new Map<string, Map<string, number>>()
  const add = (key: string, value: string | undefined, score: number): void => {
    if (value === undefined || score === 0) return
    const values = scores.get(key) ?? new Map<string, number>()
    scores.set(key, values.set(value, (values.get(value) ?? 0) + score))
  }
  const { preferred, preferredAnti } = cycle.pod.affinityTerms
  const own = [
    ...preferred.map((term) => ({ term, weight: term.weight })),
    ...preferredAnti.map((term) => ({ term, weight: -term.weight })),
  ]
  for (const { term, weight } of own) {
    for (const [value, count] of byTopology(
      cycle.countPods(queryOf([term], cycle.namespaceLabels)),
      term.topologyKey,
      cycle,
    )) {
      add(term.topologyKey, value, weight * count)
    }
  }
  for (const { info, nodeName } of cycle.podsWithAffinity()) {
    const labels = cycle.node(nodeName)?.node.metadata.labels
    const terms = [
      // Who must be near such a pod is glad of another one.
      ...info.affinityTerms.required.map((term) => ({ term, weight: 1 })),
      ...info.affinityTerms.preferred.map((term) => ({ term, weight: term.weight })),
      ...info.affinityTerms.preferredAnti.map((term) => ({ term, weight: -term.weight })),
    ]
    for (const { term, weight } of terms) {
      if (termMatches(term, cycle.pod.pod, cycle.namespaceLabels))
        add(term.topologyKey, labels?.[term.topologyKey], weight)
    }
  }
  return scores
}
