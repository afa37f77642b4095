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

/** Nodes that a pod may run on, and why not on the others. */
export interface Feasible {
  kind: 'feasible'
  nodes: readonly NodeInfo[]
  rejections: ReadonlyMap<string, Rejection>
  evaluated: number
}

export type Unschedulable = ScheduleResult & { kind: 'unschedulable' }

/** Finds the best node for one pod. Looks, but changes nothing. */
export function schedulePod(framework: Framework, cycle: Cycle, options: ScheduleOptions): ScheduleResult {
  const found = findFeasible(framework, cycle, options)
  return found.kind === 'feasible' ? choose(framework, cycle, { ...found, random: options.random }) : found
}

/** `among`: only these nodes are looked at. */
export function findFeasible(
  framework: Framework,
  cycle: Cycle,
  { percentageOfNodesToScore, position, among }: ScheduleOptions & { among?: ReadonlySet<string> },
): Feasible | Unschedulable {
  const numAllNodes = cycle.nodes.length
  if (numAllNodes === 0)
    return { kind: 'unschedulable', message: noNodesMessage, unschedulablePlugins: new Set(), diagnosis: undefined }
  const outcome = framework.preFilter(cycle)
  if (outcome.kind === 'rejected') return rejectedAtOnce(cycle, outcome.rejection)

  const { nodeNames, narrowedBy, filters } = outcome
  const nominated = nominatedNode(framework, cycle, outcome)
  if (nominated && (among?.has(nominated.name) ?? true))
    return { kind: 'feasible', nodes: [nominated], rejections: new Map(), evaluated: 1 }
  const names = nodeNames && among ? nodeNames.intersection(among) : (nodeNames ?? among)
  const nodes = names ? [...names].flatMap((name) => cycle.node(name) ?? []) : cycle.nodes
  const limit = names ? nodes.length : nodesToFind(numAllNodes, percentageOfNodesToScore)
  const { feasible, rejections, evaluated } = search({ framework, cycle, nodes, filters, limit, position })
  if (feasible.length > 0) return { kind: 'feasible', nodes: feasible, rejections, evaluated }
  return unschedulableOn(cycle, {
    rejections,
    ...(nodeNames ? { absentReason: `node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}]` } : {}),
    unschedulablePlugins: new Set([...[...rejections.values()].map(({ plugin }) => plugin), ...narrowedBy]),
  })
}

/** Where room was made for the pod, if it fits there now. */
function nominatedNode(
  framework: Framework,
  cycle: Cycle,
  { nodeNames, filters }: { nodeNames: ReadonlySet<string> | undefined; filters: readonly FilterPlugin[] },
): NodeInfo | undefined {
  const name = cycle.pod.pod.status?.nominatedNodeName
  const node = name ? cycle.node(name) : undefined
  if (!node || nodeNames?.has(node.name) === false) return undefined
  return framework.filter(cycle, node, filters) ? undefined : node
}

export function unschedulableOn({ nodes }: Cycle, reasons: Omit<Diagnosis, 'numAllNodes'>): Unschedulable {
  const diagnosis: Diagnosis = { numAllNodes: nodes.length, ...reasons }
  const { unschedulablePlugins } = diagnosis
  return { kind: 'unschedulable', message: fitErrorMessage(diagnosis), unschedulablePlugins, diagnosis }
}

/** `scores`: what others than plugins add to those of plugins. */
export function choose(
  framework: Framework,
  cycle: Cycle,
  { nodes, evaluated, random, scores }: Feasible & { random: () => number; scores?: ReadonlyMap<string, number> },
): ScheduleResult & { kind: 'fits' } {
  const [only] = nodes
  const totals = nodes.length > 1 ? framework.score(cycle, nodes) : []
  if (scores)
    for (const [index, { name }] of nodes.entries()) totals[index] = (totals[index] ?? 0) + (scores.get(name) ?? 0)
  const chosen = nodes.length > 1 ? best(nodes, totals, random) : only
  return { kind: 'fits', nodeName: chosen?.name ?? '', evaluatedNodes: evaluated, feasibleNodes: nodes.length }
}

const rejectedAtOnce = (cycle: Cycle, { status, plugin }: Rejection): Unschedulable =>
  unschedulableOn(cycle, {
    rejections: new Map(cycle.nodes.map(({ name }) => [name, { status, plugin }])),
    preFilterMessage: messageOf(status),
    unschedulablePlugins: new Set([plugin]),
  })

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
