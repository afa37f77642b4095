import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import type { AnyResourceDefinition, KubernetesObject, ObjectKey, ResourceDefinition } from '@tandem/apimachinery'
import type { Client, EventRecorder, Informer, InformerFactory } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'

/**
 * One controller: for each object of a resource, make what is into what should be, one step at a time.
 * Level-based: a key never says what happened.
 */
export interface Controller<T extends KubernetesObject = KubernetesObject> {
  /** Upstream's name: `replicaset-controller`. */
  readonly name: string
  /** Its service account in kube-system and its ClusterRole `system:controller:<role>`, where upstream's are not called as it is. */
  readonly role?: string
  /** Whom its events are from, where upstream's events say another name: `endpoint-slice-controller`. */
  readonly eventSource?: string
  readonly for: ResourceDefinition<T>
  /** Changes of objects whose controlling owner is of kind `for` enqueue that owner. */
  readonly owns?: readonly AnyResourceDefinition[]
  /** Changes of other objects enqueue the keys returned. */
  readonly watches?: readonly Watch[]
  readonly permissions: readonly PolicyRule[]
  /** How many keys may be under way at once. 5 unless given. */
  readonly concurrency?: number
  /** Adds indexes and keeps state for this run, before informers start. */
  setup?(context: ControllerContext): void | Promise<void>
  /** Called for changed keys, whether the object is there or gone. Throw to retry with backoff; TerminalError not to. */
  reconcile(key: ObjectKey, context: ControllerContext): Promise<ReconcileResult | undefined>
}

/** A controller that is not a reconcile of one resource: garbage collection, node CIDRs. It runs until its signal aborts. */
export interface FreeController {
  readonly name: string
  readonly role?: string
  readonly eventSource?: string
  readonly permissions: readonly PolicyRule[]
  run(context: ControllerContext): Promise<void>
}

export interface Watch<T extends KubernetesObject = never> {
  resource: ResourceDefinition<T>
  /** Given the object (after a change, the new one, then the old one): which keys of `for` it concerns. */
  keys(object: T, context: ControllerContext): readonly ObjectKey[]
}

export interface ReconcileResult {
  /** Milliseconds until the key is looked at again, even if nothing changes. */
  requeueAfter?: number
}

export interface ControllerContext {
  readonly client: Client
  readonly informers: InformerFactory
  informer<T extends KubernetesObject>(resource: ResourceDefinition<T>): Informer<T>
  readonly recorder: EventRecorder
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** What the controller-manager was started with, such as `cluster-cidr`; each controller documents what it reads. */
  readonly settings: Readonly<Record<string, string | undefined>>
  /** Marks another key of this controller as due. */
  enqueue(key: ObjectKey, afterMs?: number): void
}
