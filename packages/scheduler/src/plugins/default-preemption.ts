import { podDisruptionBudgets } from '@tandem/api/policy/v1/poddisruptionbudget'
import { splitByBudgets } from '../disruption-budgets.ts'
import { fitErrorMessage } from '../framework/fit-error.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import type { Cycle, NodeRejections, Plugin } from '../framework/plugin.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { byImportance, type Candidate } from '../framework/preemption-candidate.ts'
import { type Status, success, unresolvable, unschedulable } from '../framework/status.ts'

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
    if (refusal) return { status: unschedulable(`preemption: ${refusal}`), keepsNomination: true }
    const { candidates, refused } = findCandidates(cycle, rejections)
    if (candidates.length > 0) return { status: success, candidates }
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
