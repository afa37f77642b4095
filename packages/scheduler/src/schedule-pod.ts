import { type Diagnosis, fitErrorMessage, noNodesMessage } from './framework/fit-error.ts'
import type { FilterPlugin, Framework, Rejection } from './framework/framework.ts'
import type { NodeInfo } from './framework/node-info.ts'
import type { Cycle } from './framework/plugin.ts'
import { messageOf } from './framework/status.ts'

/** Where the search for nodes goes on, so that over time all nodes are looked at alike. */
export interface SearchPosition {
  next: number
}

export interface ScheduleOptions {
  /** Of 100 nodes or more, look for this share that fits and stop; 0 takes upstream's: half, and less in large clusters. */
  percentageOfNodesToScore: number
  position: SearchPosition
  /** Chooses among nodes that score alike: a number from 0 up to 1. */
  random: () => number
}

export type ScheduleResult =
  | { kind: 'fits'; nodeName: string; evaluatedNodes: number; feasibleNodes: number }
  | {
      kind: 'unschedulable'
      message: string
      unschedulablePlugins: ReadonlySet<string>
      diagnosis: Diagnosis | undefined
    }

const minFeasibleNodes = 100
const minFeasiblePercentage = 5

export function nodesToFind(allNodes: number, percentageOfNodesToScore: number): number {
  if (allNodes < minFeasibleNodes) return allNodes
  const percentage = percentageOfNodesToScore || Math.max(minFeasiblePercentage, 50 - Math.trunc(allNodes / 125))
  return Math.max(minFeasibleNodes, Math.trunc((allNodes * percentage) / 100))
}

/** Finds the best node for one pod. Looks, but changes nothing. */
export function schedulePod(framework: Framework, cycle: Cycle, options: ScheduleOptions): ScheduleResult {
  const numAllNodes = cycle.nodes.length
  if (numAllNodes === 0)
    return { kind: 'unschedulable', message: noNodesMessage, unschedulablePlugins: new Set(), diagnosis: undefined }
  const outcome = framework.preFilter(cycle)
  if (outcome.kind === 'rejected') return rejectedAtOnce(cycle, outcome.rejection)

  const { nodeNames, narrowedBy, filters } = outcome
  const nodes = nodeNames ? [...nodeNames].flatMap((name) => cycle.node(name) ?? []) : cycle.nodes
  const limit = nodeNames ? nodes.length : nodesToFind(numAllNodes, options.percentageOfNodesToScore)
  const { feasible, rejections, evaluated } = search({
    framework,
    cycle,
    nodes,
    filters,
    limit,
    position: options.position,
  })

  if (feasible.length === 0) {
    const diagnosis: Diagnosis = {
      numAllNodes,
      rejections,
      ...(nodeNames ? { absentReason: `node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}]` } : {}),
      unschedulablePlugins: new Set([...[...rejections.values()].map(({ plugin }) => plugin), ...narrowedBy]),
    }
    const { unschedulablePlugins } = diagnosis
    return { kind: 'unschedulable', message: fitErrorMessage(diagnosis), unschedulablePlugins, diagnosis }
  }
  const chosen = feasible.length === 1 ? feasible[0] : best(feasible, framework.score(cycle, feasible), options.random)
  return { kind: 'fits', nodeName: chosen?.name ?? '', evaluatedNodes: evaluated, feasibleNodes: feasible.length }
}

function rejectedAtOnce({ nodes }: Cycle, { status, plugin }: Rejection): ScheduleResult {
  const diagnosis: Diagnosis = {
    numAllNodes: nodes.length,
    rejections: new Map(nodes.map(({ name }) => [name, { status, plugin }])),
    preFilterMessage: messageOf(status),
    unschedulablePlugins: new Set([plugin]),
  }
  return {
    kind: 'unschedulable',
    message: fitErrorMessage(diagnosis),
    unschedulablePlugins: diagnosis.unschedulablePlugins,
    diagnosis,
  }
}

interface Search {
  framework: Framework
  cycle: Cycle
  nodes: readonly NodeInfo[]
  filters: readonly FilterPlugin[]
  limit: number
  position: SearchPosition
}

function search({ framework, cycle, nodes, filters, limit, position }: Search) {
  const feasible: NodeInfo[] = []
  const rejections = new Map<string, Rejection>()
  let evaluated = 0
  for (; evaluated < nodes.length && feasible.length < limit; evaluated++) {
    const node = nodes[(position.next + evaluated) % nodes.length] as NodeInfo
    const rejection = framework.filter(cycle, node, filters)
    if (rejection?.status.code === 'Error') throw filterProblem(rejection)
    if (rejection) rejections.set(node.name, rejection)
    else feasible.push(node)
  }
  if (nodes === cycle.nodes) position.next = (position.next + evaluated) % nodes.length
  return { feasible, rejections, evaluated }
}

/** What is wrong with one node could be wrong with all: the pod is not placed as long as a plugin fails. */
const filterProblem = ({ status, plugin }: Rejection): Error =>
  new Error(`running "${plugin}" filter plugin: ${messageOf(status)}`, { cause: status.error })

/** The highest score; each of several that share it is as likely as the others. */
function best(nodes: readonly NodeInfo[], scores: readonly number[], random: () => number): NodeInfo | undefined {
  let chosen = 0
  let alike = 1
  for (let index = 1; index < nodes.length; index++) {
    const difference = (scores[index] ?? 0) - (scores[chosen] ?? 0)
    if (difference > 0) {
      chosen = index
      alike = 1
    } else if (difference === 0 && random() < 1 / ++alike) chosen = index
  }
  return nodes[chosen]
}
