import { matchRequiredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import { findUntoleratedTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod, TopologySpreadConstraint } from '@tandem/api/core/v1/types'
import { type LabelMatcher, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { PodQuery } from '../cache/pod-counts.ts'
import { type Cycle, maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { skip, unresolvable, unschedulable } from '../framework/status.ts'
import { whatIf } from '../framework/what-if.ts'

const notMet = unschedulable("node(s) didn't match pod topology spread constraints")
const noLabel = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")

interface Constraint {
  topologyKey: string
  maxSkew: number
  minDomains: number
  query: PodQuery
  isOwn: boolean
  counts(node: Node): boolean
}

/** Pods that match, by the value of the topology; values of nodes that count and have none are there with 0. */
type Domains = ReadonlyMap<string, number>

interface State {
  constraint: Constraint
  domains: Domains
  min: number
}

/** Spreads pods of a kind evenly over zones, nodes or whatever a label names. */
export const plugin: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  events: [
    'AssignedPodAdd',
    'AssignedPodDelete',
    'AssignedPodUpdate',
    'NodeAdd',
    'NodeDelete',
    'NodeLabelChange',
    'NodeTaintChange',
    'UnschedulablePodUpdate',
  ],

  mayHelp({ pod }, change) {
    const constraints = constraintsOf(pod, 'DoNotSchedule')
    if ('node' in change) {
      const states = [change.node, ...(change.old ? [change.old] : [])]
      return states.some(({ metadata }) => constraints.every(({ topologyKey }) => metadata.labels?.[topologyKey]))
    }
    if (!('pod' in change)) return true
    return constraints.some(
      ({ query }) =>
        query.matches({ ...change.pod.pod, metadata: { ...change.pod.pod.metadata, deletionTimestamp: undefined } }) ||
        (change.old !== undefined && query.matches(change.old)),
    )
  },

  preFilter(cycle) {
    const constraints = constraintsOf(cycle.pod.pod, 'DoNotSchedule')
    if (constraints.length === 0) return skip
    const states = constraints.map((constraint): State => {
      const domains = domainsOf(constraint, constraints, cycle)
      const min = domains.size < constraint.minDomains ? 0 : Math.min(...domains.values())
      return { constraint, domains, min }
    })
    cycle.state.set(plugin.name, states)
    return undefined
  },

  filter(cycle, node) {
    const states = (cycle.state.get(plugin.name) as State[] | undefined) ?? []
    for (const { constraint, domains, min } of states) {
      const value = node.node.metadata.labels?.[constraint.topologyKey]
      if (value === undefined) return noLabel
      const present = (domains.get(value) ?? 0) + whatIf(cycle, node, constraint.query.matches)
      if (present + (constraint.isOwn ? 1 : 0) - min > constraint.maxSkew) return notMet
    }
    return undefined
  },

  preScore(cycle, nodes) {
    const constraints = constraintsOf(cycle.pod.pod, 'ScheduleAnyway')
    if (constraints.length === 0) return skip
    const scorers = constraints.map((constraint) => {
      const domains = domainsOf(constraint, constraints, cycle)
      const values = new Set(nodes.flatMap(({ node }) => node.metadata.labels?.[constraint.topologyKey] ?? []))
      return { constraint, domains, weight: Math.log(values.size + 2) }
    })
    cycle.state.set(`${plugin.name}/score`, scorers)
    return undefined
  },

  /** How crowded the node's surroundings are; undefined labels count as the worst when normalized. */
  score(cycle, { node }) {
    const scorers = cycle.state.get(`${plugin.name}/score`) as {
      constraint: Constraint
      domains: Domains
      weight: number
    }[]
    let crowd = 0
    for (const { constraint, domains, weight } of scorers) {
      const value = node.metadata.labels?.[constraint.topologyKey]
      if (value === undefined) return Number.NaN
      crowd += (domains.get(value) ?? 0) * weight + (constraint.maxSkew - 1)
    }
    return Math.round(crowd)
  },

  normalizeScores(_, scores) {
    const counted = scores.filter((score) => !Number.isNaN(score))
    const max = Math.max(0, ...counted)
    const min = Math.min(...counted)
    for (const [index, score] of scores.entries()) {
      if (Number.isNaN(score)) scores[index] = 0
      else scores[index] = max === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (max + min - score)) / max)
    }
  },
}

const constraintsOf = (pod: Pod, when: TopologySpreadConstraint['whenUnsatisfiable']): Constraint[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map((constraint) => read(constraint, pod))

function read(
  {
    topologyKey,
    maxSkew,
    minDomains = 1,
    labelSelector,
    matchLabelKeys = [],
    nodeAffinityPolicy = 'Honor',
    nodeTaintsPolicy = 'Ignore',
  }: TopologySpreadConstraint,
  pod: Pod,
): Constraint {
  const { namespace, labels = {} } = pod.metadata
  const own = Object.fromEntries(
    matchLabelKeys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
  )
  const matcher: LabelMatcher = labelMatcherOf(
    labelSelector && { ...labelSelector, matchLabels: { ...labelSelector.matchLabels, ...own } },
  )
  const matches = ({ metadata }: Pod) =>
    metadata.namespace === namespace && !metadata.deletionTimestamp && matchesLabels(matcher, metadata.labels)
  return {
    topologyKey,
    maxSkew,
    minDomains,
    query: { key: `spread ${JSON.stringify([namespace, labelSelector ?? null, own])}`, matches },
    isOwn: matchesLabels(matcher, labels),
    counts: (node) =>
      (nodeAffinityPolicy !== 'Honor' || matchRequiredNodeAffinity(pod, node)) &&
      (nodeTaintsPolicy !== 'Honor' ||
        !findUntoleratedTaint(
          node.spec?.taints,
          pod.spec.tolerations,
          ({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute',
        )),
  }
}

/** Nodes count that have the labels of all constraints, and that the constraint's policies let count. */
function domainsOf(constraint: Constraint, all: readonly Constraint[], cycle: Cycle): Domains {
  const counts = cycle.countPods(constraint.query)
  const domains = new Map<string, number>()
  for (const { name, node } of cycle.nodes) {
    const labels = node.metadata.labels ?? {}
    const value = labels[constraint.topologyKey]
    if (value === undefined || !all.every(({ topologyKey }) => topologyKey in labels) || !constraint.counts(node))
      continue
    domains.set(value, (domains.get(value) ?? 0) + (counts.get(name) ?? 0))
  }
  return domains
}
