import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { matchRequiredNodeAffinity } from '@tandem/api/core/v1/node-affinity'
import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import { services } from '@tandem/api/core/v1/service'
import { findUntoleratedTaint } from '@tandem/api/core/v1/toleration'
import type { Node, Pod, TopologySpreadConstraint } from '@tandem/api/core/v1/types'
import { type LabelMatcher, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { PodQuery } from '../cache/pod-counts.ts'
import { type DefaultConstraints, defaultMatcher, readDefaultConstraints, systemDefaults } from '../default-spread.ts'
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
  /** Whether it does so of every node. */
  countsAll: boolean
}

/** Pods that match, by the value of the topology; values of nodes that count and have none are there with 0. */
type Domains = ReadonlyMap<string, number>

interface State {
  constraint: Constraint
  domains: Domains
  min: number
}

interface Scorer {
  constraint: Constraint
  crowds: Domains
  weight: number
}

const name = 'PodTopologySpread'

/** Spreads pods of a kind evenly over zones, nodes or whatever a label names. */
const create = (defaults: DefaultConstraints): Plugin => ({
  name,
  weight: 2,
  reads: defaults.constraints.length > 0 ? [services, replicationControllers, replicaSets, statefulSets] : [],
  configure: (args) => create(readDefaultConstraints(args)),
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
    const constraints = ownConstraints(pod, 'DoNotSchedule')
    // A default of the profile refused it: which kind the pod is of is not known here.
    if (constraints.length === 0) return true
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
    const constraints = constraintsOf(cycle, 'DoNotSchedule', defaults)
    if (constraints.length === 0) return skip
    const states = constraints.map((constraint): State => {
      const domains = domainsOf(constraint, constraints, cycle)
      const min = domains.size < constraint.minDomains ? 0 : Math.min(...domains.values())
      return { constraint, domains, min }
    })
    cycle.state.set(name, states)
    return undefined
  },

  filter(cycle, node) {
    const states = (cycle.state.get(name) as State[] | undefined) ?? []
    for (const { constraint, domains, min } of states) {
      const value = node.node.metadata.labels?.[constraint.topologyKey]
      if (value === undefined) return noLabel
      const present = (domains.get(value) ?? 0) + whatIf(cycle, node, ({ pod }) => constraint.query.matches(pod))
      if (present + (constraint.isOwn ? 1 : 0) - min > constraint.maxSkew) return notMet
    }
    return undefined
  },

  preScore(cycle, nodes) {
    const constraints = constraintsOf(cycle, 'ScheduleAnyway', defaults)
    if (constraints.length === 0) return skip
    // Under the system's defaults a node without a zone is as good as any.
    const needsAll = (cycle.pod.pod.spec.topologySpreadConstraints ?? []).length > 0 || !defaults.bySystem
    const scorers = constraints.map((constraint): Scorer => {
      const values = new Set(nodes.flatMap(({ node }) => node.metadata.labels?.[constraint.topologyKey] ?? []))
      return {
        constraint,
        crowds: crowdsOf(constraint, needsAll ? constraints : [], cycle),
        weight: Math.log(values.size + 2),
      }
    })
    cycle.state.set(`${name}/score`, { scorers, needsAll })
    return undefined
  },

  /** How crowded the node's surroundings are; undefined labels count as the worst when normalized. */
  score(cycle, { node }) {
    const { scorers, needsAll } = cycle.state.get(`${name}/score`) as { scorers: Scorer[]; needsAll: boolean }
    const labels = node.metadata.labels ?? {}
    if (needsAll && scorers.some(({ constraint }) => labels[constraint.topologyKey] === undefined)) return Number.NaN
    let crowd = 0
    for (const { constraint, crowds, weight } of scorers) {
      const value = labels[constraint.topologyKey]
      if (value !== undefined) crowd += (crowds.get(value) ?? 0) * weight + (constraint.maxSkew - 1)
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
})

export const plugin = create(systemDefaults)

type When = TopologySpreadConstraint['whenUnsatisfiable']

const ownConstraints = (pod: Pod, when: When): Constraint[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map((constraint) => read(constraint, pod, labelMatcherOf(withKeys(constraint, pod))))

/** The pod's own; where it has none of any kind, those of the profile, over the pods of its Services and its owner. */
function constraintsOf({ pod: { pod }, handle }: Cycle, when: When, defaults: DefaultConstraints): Constraint[] {
  if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return ownConstraints(pod, when)
  const wanted = defaults.constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
  const matcher = wanted.length > 0 ? defaultMatcher(pod, handle.objects) : undefined
  return matcher ? wanted.map((constraint) => read(constraint, pod, matcher)) : []
}

/** `matchLabelKeys` mean pods with the same values as this one. */
function withKeys({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, { metadata }: Pod) {
  const { labels = {} } = metadata
  const own = Object.fromEntries(
    matchLabelKeys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
  )
  return labelSelector && { ...labelSelector, matchLabels: { ...labelSelector.matchLabels, ...own } }
}

function read(
  {
    topologyKey,
    maxSkew,
    minDomains = 1,
    nodeAffinityPolicy = 'Honor',
    nodeTaintsPolicy = 'Ignore',
  }: TopologySpreadConstraint,
  pod: Pod,
  matcher: LabelMatcher,
): Constraint {
  const { namespace, labels = {} } = pod.metadata
  const matches = ({ metadata }: Pod) =>
    metadata.namespace === namespace && !metadata.deletionTimestamp && matchesLabels(matcher, metadata.labels)
  return {
    topologyKey,
    maxSkew,
    minDomains,
    query: {
      key: `spread ${JSON.stringify([namespace, matcher])}`,
      namespaces: new Set([namespace ?? '']),
      matches,
    },
    isOwn: matchesLabels(matcher, labels),
    countsAll:
      nodeTaintsPolicy === 'Ignore' &&
      (nodeAffinityPolicy === 'Ignore' ||
        (!pod.spec.nodeSelector && !pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)),
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

/** Nothing but the label says which nodes count: then sums are at hand. */
const isByLabelAlone = ({ countsAll, topologyKey }: Constraint, all: readonly Constraint[]): boolean =>
  countsAll && all.every((other) => other.topologyKey === topologyKey)

/** Nodes count that have the labels of all constraints, and that the constraint's policies let count. */
function domainsOf(constraint: Constraint, all: readonly Constraint[], cycle: Cycle): Domains {
  const counts = cycle.countPods(constraint.query)
  const domains = new Map<string, number>()
  if (isByLabelAlone(constraint, all)) {
    const crowds = counts.byTopology(constraint.topologyKey)
    for (const value of cycle.nodesBy(constraint.topologyKey).keys()) domains.set(value, crowds.get(value) ?? 0)
    return domains
  }
  for (const { name, node } of cycle.nodes) {
    const labels = node.metadata.labels ?? {}
    const value = labels[constraint.topologyKey]
    if (value === undefined || !all.every(({ topologyKey }) => topologyKey in labels) || !constraint.counts(node))
      continue
    domains.set(value, (domains.get(value) ?? 0) + (counts.get(name) ?? 0))
  }
  return domains
}

/** As `domainsOf`, without those that have none: what it costs depends on where such pods are, not on how many nodes there are. */
function crowdsOf(constraint: Constraint, all: readonly Constraint[], cycle: Cycle): Domains {
  const counts = cycle.countPods(constraint.query)
  if (isByLabelAlone(constraint, all)) return counts.byTopology(constraint.topologyKey)
  const crowds = new Map<string, number>()
  for (const [name, count] of counts) {
    const node = cycle.node(name)?.node
    const labels = node?.metadata.labels ?? {}
    const value = labels[constraint.topologyKey]
    if (!node || value === undefined || !all.every(({ topologyKey }) => topologyKey in labels)) continue
    if (constraint.counts(node)) crowds.set(value, (crowds.get(value) ?? 0) + count)
  }
  return crowds
}
