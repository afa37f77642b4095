import type { Pod } from '@tandem/api/core/v1/types'
import { UsageError } from '@tandem/component-base/flags/index'
import type { PluginsByPoint } from '../config/profile.ts'
import type { QueuedPod } from '../queue/queued-pod.ts'
import { bindWith, permitWith, type Waiting } from './binding.ts'
import type { ClusterChange, ClusterEvent } from './cluster-event.ts'
import type { NodeInfo } from './node-info.ts'
import {
  type Cycle,
  type Handle,
  maxNodeScore,
  type NodeRejections,
  type NodeSource,
  type Plugin,
  type PostFilterResult,
} from './plugin.ts'
import type { PodInfo } from './pod-info.ts'
import { failed, isRejected, type Status, success, unschedulable } from './status.ts'

export interface FrameworkOptions {
  /** In the order in which they run; the first to reject a node says why. */
  plugins: PluginsByPoint
  handle: Handle
}

export interface Rejection {
  status: Status
  plugin: string
}

export type PreFilterOutcome =
  | { kind: 'rejected'; rejection: Rejection }
  /** Undefined for all nodes. */
  | {
      kind: 'go'
      nodeNames: ReadonlySet<string> | undefined
      narrowedBy: readonly string[]
      filters: readonly FilterPlugin[]
    }

export type FilterPlugin = Plugin & Required<Pick<Plugin, 'filter'>>
type ScorePlugin = Plugin & Required<Pick<Plugin, 'score'>>

/** Runs plugins at their extension points, in order, and puts together what they say. */
export class Framework {
  readonly #at: PluginsByPoint['at']
  readonly #byName: ReadonlyMap<string, Plugin>
  readonly #filters: readonly FilterPlugin[]
  readonly #scorers: readonly ScorePlugin[]
  readonly #preScorers: ReadonlySet<Plugin>
  readonly #weights: Readonly<Record<string, number>>
  readonly handle: Handle
  readonly sort: (a: QueuedPod, b: QueuedPod) => number

  constructor({ plugins: { at, weights }, handle }: FrameworkOptions) {
    const [sorter, other] = at.queueSort.filter((plugin) => plugin.sort !== undefined)
    if (!sorter?.sort) throw new UsageError('no queue sort plugin is enabled')
    if (other) throw new UsageError('only one queue sort plugin can be enabled')
    if (!at.bind.some((plugin) => plugin.bind)) throw new UsageError('at least one bind plugin is needed')
    this.#at = at
    this.#byName = new Map(
      Object.values(at)
        .flat()
        .map((plugin) => [plugin.name, plugin]),
    )
    this.#filters = at.filter.filter((plugin): plugin is FilterPlugin => plugin.filter !== undefined)
    this.#scorers = at.score.filter((plugin): plugin is ScorePlugin => plugin.score !== undefined)
    this.#preScorers = new Set(at.preScore)
    this.#weights = weights
    this.handle = handle
    this.sort = sorter.sort
  }

  get plugins(): Iterable<Plugin> {
    return this.#byName.values()
  }

  preEnqueue(pod: Pod): Rejection | undefined {
    for (const plugin of this.#at.preEnqueue) {
      const status = plugin.preEnqueue?.(pod, this.handle)
      if (status && status.code !== 'Success') return { status, plugin: plugin.name }
    }
    return undefined
  }

  isWokenBy(plugin: string, event: ClusterEvent): boolean {
    if (event === 'ForceActivate' || event === 'UnschedulableTimeout') return true
    return this.#byName.get(plugin)?.events?.includes(event) ?? true
  }

  mayHelp(plugin: string, pod: PodInfo, change: ClusterChange): boolean {
    return this.#byName.get(plugin)?.mayHelp?.(pod, change, this.handle) ?? true
  }

  newCycle(pod: PodInfo, source: NodeSource): Cycle {
    const cycle: Cycle = {
      pod,
      nodes: source.nodes,
      node: (name) => source.node(name),
      imageNodes: (name) => source.imageNodes(name),
      nominatedTo: (name) => source.nominatedTo(name),
      countPods: (query) => source.countPods(query),
      nodesBy: (key) => source.nodesBy(key),
      affinityGroups: () => source.affinityGroups(),
      namespaceLabels: source.namespaceLabels,
      handle: this.handle,
      state: new Map(),
      fits: (node) => this.filter(cycle, node, this.#filters) === undefined,
    }
    return cycle
  }

  preFilter(cycle: Cycle): PreFilterOutcome {
    let nodeNames: ReadonlySet<string> | undefined
    const narrowedBy: string[] = []
    const skipped = new Set<string>()
    for (const plugin of this.#at.preFilter) {
      const result = plugin.preFilter?.(cycle)
      if (!result) continue
      if ('nodeNames' in result) {
        nodeNames = nodeNames?.intersection(result.nodeNames) ?? result.nodeNames
        narrowedBy.push(plugin.name)
      } else if (result.code === 'Skip') {
        skipped.add(plugin.name)
      } else if (result.code !== 'Success') {
        return { kind: 'rejected', rejection: { status: result, plugin: plugin.name } }
      }
    }
    return { kind: 'go', nodeNames, narrowedBy, filters: this.#filters.filter(({ name }) => !skipped.has(name)) }
  }

  /** The first refusal, if any. Where room was promised to other pods, the pod must fit with them there, and without them too. */
  filter(cycle: Cycle, node: NodeInfo, filters: readonly FilterPlugin[]): Rejection | undefined {
    const promised = cycle
      .nominatedTo(node.name)
      .filter(({ key, priority }) => key !== cycle.pod.key && priority >= cycle.pod.priority)
    if (promised.length > 0) {
      const full = node.clone()
      for (const pod of promised) full.addPod(pod)
      const rejection = this.#filterAs(cycle, full, filters)
      if (rejection) return rejection
    }
    return this.#filterAs(cycle, node, filters)
  }

  #filterAs(cycle: Cycle, node: NodeInfo, filters: readonly FilterPlugin[]): Rejection | undefined {
    for (const plugin of filters) {
      const status = plugin.filter(cycle, node)
      if (status && status.code !== 'Success') return { status, plugin: plugin.name }
    }
    return undefined
  }

  postFilter(cycle: Cycle, rejections: NodeRejections): PostFilterResult {
    const reasons: string[] = []
    const works: (() => Promise<unknown>)[] = []
    const all = () => (works.length > 0 ? { afterwards: () => Promise.all(works.map((work) => work())) } : {})
    let last: PostFilterResult = { status: success }
    for (const plugin of this.#at.postFilter) {
      const result = this.#postFilterWith(plugin, cycle, rejections)
      if (!result) continue
      const { code } = result.status
      if (result.afterwards) works.push(result.afterwards)
      if (code === 'Success' || code === 'UnschedulableAndUnresolvable' || !isRejected(result.status))
        return { ...result, ...all() }
      reasons.push(...result.status.reasons)
      last = result
    }
    return { ...last, status: unschedulable(...reasons), ...all() }
  }

  #postFilterWith(plugin: Plugin, cycle: Cycle, rejections: NodeRejections): PostFilterResult | undefined {
    try {
      return plugin.postFilter?.(cycle, rejections)
    } catch (error) {
      return { status: failed(error) }
    }
  }

  /** Sums of weighted scores, one for each node, in their order. */
  score(cycle: Cycle, nodes: readonly NodeInfo[]): number[] {
    const totals = new Array<number>(nodes.length).fill(0)
    for (const plugin of this.#scorers) {
      if (this.#preScorers.has(plugin) && plugin.preScore?.(cycle, nodes)?.code === 'Skip') continue
      const scores = new Array<number>(nodes.length)
      for (let index = 0; index < nodes.length; index++) scores[index] = plugin.score(cycle, nodes[index] as NodeInfo)
      plugin.normalizeScores?.(cycle, scores)
      const weight = this.#weights[plugin.name] ?? plugin.weight ?? 1
      for (let index = 0; index < scores.length; index++)
        totals[index] = (totals[index] ?? 0) + (scores[index] ?? 0) * weight
    }
    return totals
  }

  /** Takes place for all, or for none: `unreserved` resolves when everything was given back. */
  reserve(cycle: Cycle, nodeName: string): (Rejection & { unreserved: Promise<unknown> }) | undefined {
    for (const [index, plugin] of this.#at.reserve.entries()) {
      const status = this.#reserveWith(plugin, cycle, nodeName)
      if (!status || status.code === 'Success') continue
      const unreserved = this.#unreserveFrom(index, cycle, nodeName)
      return { status, plugin: plugin.name, unreserved }
    }
    return undefined
  }

  #reserveWith(plugin: Plugin, cycle: Cycle, nodeName: string): Status | undefined {
    try {
      return plugin.reserve?.(cycle, nodeName)
    } catch (error) {
      return failed(error)
    }
  }

  /** What is in memory is given back at once; resolves when what was written is too. */
  unreserve(cycle: Cycle, nodeName: string): Promise<unknown> {
    return this.#unreserveFrom(this.#at.reserve.length - 1, cycle, nodeName)
  }

  async #unreserveFrom(index: number, cycle: Cycle, nodeName: string): Promise<unknown> {
    const plugins = this.#at.reserve.slice(0, index + 1).toReversed()
    // One that fails does not keep the others from it.
    return Promise.all(plugins.map(async (plugin) => plugin.unreserve?.(cycle, nodeName)))
  }

  /** Undefined at once where no plugin has a say. */
  permit(waiting: Waiting): Promise<Rejection | undefined> | undefined {
    return permitWith(this.#at, waiting)
  }

  /** Throws nothing: an error is a status. */
  bind(cycle: Cycle, nodeName: string): Promise<Rejection | undefined> {
    return bindWith(this.#at, { cycle, nodeName })
  }

  postBind(cycle: Cycle, nodeName: string): void {
    for (const plugin of this.#at.postBind) plugin.postBind?.(cycle, nodeName)
  }
}

/** Stretches scores so that the highest is 100, or turns them round so that the lowest raw score is best. */
export function normalizeToMax(scores: number[], order: 'high-is-good' | 'low-is-good'): void {
  const max = Math.max(0, ...scores)
  for (const [index, score] of scores.entries()) {
    const scaled = max === 0 ? 0 : Math.floor((maxNodeScore * score) / max)
    scores[index] = order === 'high-is-good' ? scaled : maxNodeScore - scaled
  }
}
