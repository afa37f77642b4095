import type { Pod } from '@tandem/api/core/v1/types'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Client, EventRecorder } from '@tandem/client'
import type { Clock } from '@tandem/component-base'
import type { AffinityGroup } from '../cache/affinity-groups.ts'
import type { NodeCounts } from '../cache/node-counts.ts'
import type { PodQuery } from '../cache/pod-counts.ts'
import type { QueuedPod } from '../queue/queued-pod.ts'
import type { NamespaceLabels } from './affinity-term.ts'
import type { ClusterChange, ClusterEvent } from './cluster-event.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Candidate } from './preemption-candidate.ts'
import type { Status } from './status.ts'

export const maxNodeScore = 100

/** Where plugins have their say, in the order of an attempt. */
export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const

export type ExtensionPoint = (typeof extensionPoints)[number]

/**
 * One idea of where pods should run. All methods are optional; each runs at its extension point. Those up to `reserve` run without
 * a pause, so that nothing changes under them; those from `permit` on may wait. Returning nothing means success.
 */
export interface Plugin {
  /** Upstream's name: `NodeResourcesFit`. */
  readonly name: string
  /** How much its score counts. 1 unless given. */
  readonly weight?: number
  /** Kinds of objects, beside pods, nodes and namespaces, that it looks at. */
  readonly reads?: readonly ResourceDefinition<never>[]
  /** How it finds objects among those that it reads. */
  readonly indexes?: readonly ObjectIndex[]
  /** What may make a pod schedulable that this plugin rejected. Any change, unless given. */
  readonly events?: readonly ClusterEvent[]
  /** Could this change, which is one of `events`, make that pod schedulable? Every one could, unless given: upstream's queueing hint. */
  mayHelp?(pod: PodInfo, change: ClusterChange, handle: Handle): boolean

  /** The plugin as arguments of a profile's `pluginConfig` want it. Throws UsageError for those it does not take. */
  configure?(args: Readonly<Record<string, unknown>>): Plugin

  /** May the pod enter the queue at all? */
  preEnqueue?(pod: Pod, handle: Handle): Status | undefined
  /** Which pod is tried first: negative for the first one. Exactly one plugin sorts. */
  sort?(a: QueuedPod, b: QueuedPod): number

  /** Looks at the pod once, before nodes are: to prepare, to narrow nodes down, to leave the cycle out, or to reject at once. */
  preFilter?(cycle: Cycle): PreFilterResult | Status | undefined
  /** May the pod run on this node? */
  filter?(cycle: Cycle, node: NodeInfo): Status | undefined
  /** Called when no node is left: may make room. */
  postFilter?(cycle: Cycle, rejections: NodeRejections): PostFilterResult

  preScore?(cycle: Cycle, nodes: readonly NodeInfo[]): Status | undefined
  /** How good the node is; any range when `normalizeScores` brings it to 0 to 100. */
  score?(cycle: Cycle, node: NodeInfo): number
  /** Brings scores to 0 to 100, in place. */
  normalizeScores?(cycle: Cycle, scores: number[]): void

  /** The pod is taken to be on the node from here on. `unreserve` is called when anything later fails. */
  reserve?(cycle: Cycle, nodeName: string): Status | undefined
  unreserve?(cycle: Cycle, nodeName: string): Promise<void> | void
  /** The last word before binding. May take its time; the signal says that nobody waits for it any more. */
  permit?(cycle: Cycle, nodeName: string, signal: AbortSignal): Promise<Status | undefined> | Status | undefined
  preBind?(cycle: Cycle, nodeName: string): Promise<Status | undefined>
  /** The first that does not skip has bound the pod. */
  bind?(cycle: Cycle, nodeName: string): Promise<Status | undefined>
  postBind?(cycle: Cycle, nodeName: string): void
}

export interface PreFilterResult {
  /** Only these nodes need to be looked at. */
  nodeNames: ReadonlySet<string>
}

export interface PostFilterResult {
  status: Status
  /** Nodes where the pod will fit once others are gone. */
  candidates?: readonly Candidate[]
  /** Room was made for the pod before, and it still waits for that. */
  keepsNomination?: boolean
  /** What else is to be done so that the pod fits later. */
  afterwards?(): Promise<unknown>
}

/** Why each node was refused. Nodes that nobody looked at are absent. */
export type NodeRejections = ReadonlyMap<string, { status: Status; plugin: string }>

/** One attempt to place one pod. */
export interface Cycle {
  readonly pod: PodInfo
  /** All nodes that are known. */
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  /** On how many nodes an image is. */
  imageNodes(name: string): number
  /** Pods for which room was made on the node, and which are not there yet. */
  nominatedTo(name: string): readonly PodInfo[]
  /** How many pods of a kind each node has; nodes without one are absent. */
  countPods(query: PodQuery): NodeCounts
  /** How many nodes have each value of a label. */
  nodesBy(key: string): ReadonlyMap<string, number>
  /** What pods on nodes ask of others near them. */
  affinityGroups(): Iterable<[key: string, group: AffinityGroup]>
  readonly namespaceLabels: NamespaceLabels
  readonly handle: Handle
  /** Kept by plugins from one extension point to the next, under their own name. */
  readonly state: Map<string, unknown>
  /** Would the pod pass all filters on this node, as given? */
  fits(node: NodeInfo): boolean
}

/** The nodes that a cycle looks at. */
export type NodeSource = Pick<
  Cycle,
  'nodes' | 'node' | 'imageNodes' | 'nominatedTo' | 'countPods' | 'nodesBy' | 'affinityGroups' | 'namespaceLabels'
>

/** Objects of a kind by what they have in common. */
export interface ObjectIndex<T extends KubernetesObject = never> {
  readonly resource: ResourceDefinition<T>
  readonly name: string
  values(object: T): readonly string[]
}

/** The present state of kinds that a plugin names in `reads`. */
export interface ObjectSource {
  byIndex<T extends KubernetesObject>(index: ObjectIndex<T>, value: string): readonly T[]
  list<T extends KubernetesObject>(resource: ResourceDefinition<T>, namespace?: string): readonly T[]
  get<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: { namespace?: string; name: string },
  ): T | undefined
  /** Resolves when the check holds, which is looked at whenever an object of those kinds changes. Throws what it throws. */
  until(wait: ObjectWait): Promise<void>
}

export interface ObjectWait {
  resources: readonly ResourceDefinition<never>[]
  check(): boolean
  timeoutMs: number
  /** What is said when it takes longer. */
  problem: string
}

/** What plugins have of the world outside. */
export interface Handle {
  readonly client: Client
  readonly clock: Clock
  readonly recorder: EventRecorder
  /** Objects of the API that plugins read, as informers have them. */
  readonly objects: ObjectSource
}
