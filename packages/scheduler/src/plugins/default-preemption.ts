import { podDisruptionBudgets } from '@tandem/api/policy/v1/poddisruptionbudget'
import { splitByBudgets } from '../disruption-budgets.ts'
import { fitErrorMessage } from '../framework/fit-error.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import type { Cycle, NodeRejections, Plugin } from '../framework/plugin.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { type Status, success, unresolvable, unschedulable } from '../framework/status.ts'

interface Candidate {
  node: NodeInfo
  victims: readonly PodInfo[]
  /** How many victims a disruption budget would rather keep. */
  violations: number
}

const noVictims = unresolvable('No preemption victims found for incoming pod')

/**
 * Makes room for a pod by asking pods of lower priority to go: on the node where that costs least. Disruption budgets are kept where any
 * choice keeps them.
 */
export const plugin: Plugin = {
  name: 'DefaultPreemption',
  reads: [podDisruptionBudgets],
  events: ['AssignedPodDelete', 'NodeAdd', 'NodeAllocatableChange', 'UnschedulablePodUpdate'],
  postFilter(cycle, rejections) {
    const refusal = ineligible(cycle)
    if (refusal) return { status: unschedulable(`preemption: ${refusal}`) }
    const { candidates, refused } = findCandidates(cycle, rejections)
    const best = candidates.reduce<Candidate | undefined>(
      (a, b) => (a && compareCandidates(a, b) <= 0 ? a : b),
      undefined,
    )
    if (best) return { status: success, nominatedNodeName: best.node.name, victims: best.victims }
    const message = fitErrorMessage({
      numAllNodes: cycle.nodes.length,
      rejections: refused,
      absentReason: 'Preemption is not helpful for scheduling',
      unschedulablePlugins: new Set(),
    })
    return { status: unschedulable(`preemption: ${message}`) }
  },
}

function ineligible({ pod: { pod, priority }, node }: Cycle): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = pod.status?.nominatedNodeName ? node(pod.status.nominatedNodeName) : undefined
  const leaving = [...(nominated?.pods.values() ?? [])].some(
    (other) => other.priority < priority && other.pod.metadata.deletionTimestamp,
  )
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

/** Nodes that refused for a reason that fewer pods could mend; the others are left out. */
function findCandidates(
  cycle: Cycle,
  rejections: NodeRejections,
): { candidates: Candidate[]; refused: Map<string, { status: Status; plugin: string }> } {
  const candidates: Candidate[] = []
  const refused = new Map<string, { status: Status; plugin: string }>()
  for (const node of cycle.nodes) {
    const rejection = rejections.get(node.name)
    if (rejection && rejection.status.code !== 'Unschedulable') continue
    if (!rejection) continue
    const candidate = candidateOn(cycle, node)
    if (candidate) candidates.push(candidate)
    else
      refused.set(node.name, {
        status: lowerPriorityPods(cycle, node).length === 0 ? noVictims : rejection.status,
        plugin: plugin.name,
      })
  }
  return { candidates, refused }
}

const lowerPriorityPods = ({ pod }: Cycle, node: NodeInfo): PodInfo[] =>
  [...node.pods.values()].filter(({ priority }) => priority < pod.priority)

/**
 * Takes away all that may go, then puts back what can stay: those first that budgets protect, the most important first. Undefined when even
 * all is not enough.
 */
function candidateOn(cycle: Cycle, node: NodeInfo): Candidate | undefined {
  const potential = lowerPriorityPods(cycle, node).sort(byImportance)
  if (potential.length === 0) return undefined
  const trial = node.clone()
  for (const { key } of potential) trial.removePod(key)
  if (!cycle.fits(trial)) return undefined
  const mustGo = (pod: PodInfo): boolean => {
    trial.addPod(pod)
    if (cycle.fits(trial)) return false
    trial.removePod(pod.key)
    return true
  }
  const { violating, others } = splitByBudgets(potential, cycle.handle.objects.list(podDisruptionBudgets))
  const violations = violating.filter(mustGo)
  const victims = [...violations, ...others.filter(mustGo)].sort(byImportance)
  return { node, victims, violations: violations.length }
}

/** Higher priority first; among equals, who has run longer. */
const byImportance = (a: PodInfo, b: PodInfo): number => b.priority - a.priority || startOf(a) - startOf(b)

const startOf = ({ pod }: PodInfo): number => Date.parse(pod.status?.startTime ?? '') || Number.MAX_SAFE_INTEGER

const highest = ({ victims }: Candidate): number => Math.max(...victims.map(({ priority }) => priority))
const sum = ({ victims }: Candidate): number => victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0)
const earliest = (candidate: Candidate): number =>
  Math.min(...candidate.victims.filter(({ priority }) => priority === highest(candidate)).map(startOf))

/** The fewest broken budgets, then the lowest highest priority among victims, the lowest sum, the fewest, those that started last. */
const compareCandidates = (a: Candidate, b: Candidate): number =>
  a.violations - b.violations ||
  highest(a) - highest(b) ||
  sum(a) - sum(b) ||
  a.victims.length - b.victims.length ||
  earliest(b) - earliest(a)
