import type { Namespace, Node } from '@tandem/api/core/v1/types'
import type { NamespaceLabels } from '../framework/affinity-term.ts'
import { NodeInfo } from '../framework/node-info.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { type AffinityGroup, AffinityGroups } from './affinity-groups.ts'
import { NodeCounts, type Topology } from './node-counts.ts'
import { type PlacedPod, PodCounts, type PodQuery } from './pod-counts.ts'

/**
 * Nodes and what is on them, kept by adding and taking away: a change costs the same with ten pods and with a hundred thousand.
 * A cycle reads it as it is, without a copy: nothing else runs between the first filter and the reserve. Pods that were given a node are
 * assumed to be there until the API server says so, or binding fails.
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>()
  readonly #pods = new Map<string, { info: PodInfo; nodeName: string; assumed: boolean }>()
  /** On how many nodes each image is. */
  readonly #imageNodes = new Map<string, number>()
  readonly #byNamespace = new Map<string, Map<string, PlacedPod>>()
  readonly #topology: Topology & { version: number } = {
    version: 0,
    valueOf: (nodeName, key) => this.node(nodeName)?.node.metadata.labels?.[key],
  }
  readonly #knownNodes = new NodeCounts(this.#topology)
  readonly #counts = new PodCounts(this.#topology)
  readonly #affinity = new AffinityGroups(this.#topology)
  readonly #namespaceLabels = new Map<string, Readonly<Record<string, string>>>()
  #known: NodeInfo[] | undefined

  /** Nodes in an order that alternates between zones and stays the same until nodes come or go. */
  get nodes(): readonly NodeInfo[] {
    this.#known ??= alternateZones([...this.#nodes.values()].filter((info) => info.isKnown))
    return this.#known
  }

  node(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name)
    return info?.isKnown ? info : undefined
  }

  imageNodes(name: string): number {
    return this.#imageNodes.get(name) ?? 0
  }

  /** How many nodes have each value of a label. */
  nodesBy(key: string): ReadonlyMap<string, number> {
    return this.#knownNodes.byTopology(key)
  }

  countPods(query: PodQuery): NodeCounts {
    return this.#counts.count(query, (namespace) => this.#byNamespace.get(namespace)?.values() ?? [])
  }

  affinityGroups(): Iterable<[key: string, group: AffinityGroup]> {
    return this.#affinity.values()
  }

  get namespaceLabels(): NamespaceLabels {
    return this.#namespaceLabels
  }

  setNamespace({ metadata }: Namespace): void {
    this.#namespaceLabels.set(metadata.name, metadata.labels ?? {})
  }

  removeNamespace(name: string): void {
    this.#namespaceLabels.delete(name)
  }

  get podCount(): number {
    return this.#pods.size
  }

  setNode(node: Node): void {
    const info = this.#infoOf(node.metadata.name)
    if (!info.isKnown || !sameLabels(info.node, node)) this.#topology.version++
    if (!info.isKnown || zoneOf(info) !== node.metadata.labels?.[zoneLabel]) this.#known = undefined
    this.#countImages(info, -1)
    if (!info.isKnown) this.#knownNodes.change(info.name, 1)
    info.setNode(node)
    this.#countImages(info, 1)
  }

  /** Pods of the node stay until they are deleted themselves. */
  removeNode(name: string): void {
    const info = this.#nodes.get(name)
    if (!info) return
    this.#known = undefined
    this.#topology.version++
    this.#countImages(info, -1)
    if (info.isKnown) this.#knownNodes.change(name, -1)
    info.setNode(undefined)
    if (info.pods.size === 0) this.#nodes.delete(name)
  }

  /** The API server says that the pod is on the node. */
  setPod(info: PodInfo, nodeName: string): void {
    this.#place(info, { nodeName, assumed: false })
  }

  /** The pod as it was, if it was there. */
  removePod(key: string): PodInfo | undefined {
    const placed = this.#pods.get(key)
    if (!placed) return undefined
    this.#pods.delete(key)
    if (placed.info.hasAffinity) this.#affinity.changed(placed.info, placed.nodeName, -1)
    const { pod } = placed.info
    const namespace = pod.metadata.namespace ?? ''
    const neighbours = this.#byNamespace.get(namespace)
    neighbours?.delete(key)
    if (neighbours?.size === 0) this.#byNamespace.delete(namespace)
    this.#counts.changed({ pod, nodeName: placed.nodeName }, -1)
    const node = this.#nodes.get(placed.nodeName)
    node?.removePod(key)
    if (node && !node.isKnown && node.pods.size === 0) this.#nodes.delete(node.name)
    return placed.info
  }

  /** The pod will be on the node: from now on its requests count there. */
  assumePod(info: PodInfo, nodeName: string): void {
    this.#place(info, { nodeName, assumed: true })
  }

  /** Binding failed. A pod that was confirmed meanwhile stays. */
  forgetPod(key: string): void {
    if (this.isAssumed(key)) this.removePod(key)
  }

  isAssumed(key: string): boolean {
    return this.#pods.get(key)?.assumed ?? false
  }

  hasPod(key: string): boolean {
    return this.#pods.has(key)
  }

  #place(info: PodInfo, { nodeName, assumed }: { nodeName: string; assumed: boolean }): void {
    this.removePod(info.key)
    this.#pods.set(info.key, { info, nodeName, assumed })
    if (info.hasAffinity) this.#affinity.changed(info, nodeName, 1)
    const placed = { pod: info.pod, nodeName }
    const namespace = info.pod.metadata.namespace ?? ''
    const neighbours = this.#byNamespace.get(namespace) ?? new Map<string, PlacedPod>()
    this.#byNamespace.set(namespace, neighbours.set(info.key, placed))
    this.#counts.changed(placed, 1)
    this.#infoOf(nodeName).addPod(info)
  }

  #infoOf(name: string): NodeInfo {
    const info = this.#nodes.get(name) ?? new NodeInfo(name)
    this.#nodes.set(name, info)
    return info
  }

  #countImages(info: NodeInfo, by: 1 | -1): void {
    for (const name of info.images.keys()) {
      const count = this.imageNodes(name) + by
      if (count > 0) this.#imageNodes.set(name, count)
      else this.#imageNodes.delete(name)
    }
  }
}

const zoneLabel = 'topology.kubernetes.io/zone'

const zoneOf = (info: NodeInfo): string | undefined => info.node.metadata.labels?.[zoneLabel]

function sameLabels({ metadata: { labels: before = {} } }: Node, { metadata: { labels: after = {} } }: Node): boolean {
  const keys = Object.keys(before)
  return keys.length === Object.keys(after).length && keys.every((key) => before[key] === after[key])
}

/** One node of each zone in turn, so that looking at the first few looks at all zones. */
function alternateZones(nodes: NodeInfo[]): NodeInfo[] {
  const zones = [...Map.groupBy(nodes, zoneOf).values()]
  if (zones.length <= 1) return nodes
  const longest = Math.max(...zones.map((zone) => zone.length))
  return Array.from({ length: longest }, (_, index) => zones.flatMap((zone) => zone[index] ?? [])).flat()
}
