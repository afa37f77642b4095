import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '@tandem/api/apps/v1/types'
import type { ReplicationController } from '@tandem/api/core/v1/types'
import type { LabelMatcher, ResourceDefinition } from '@tandem/apimachinery'

/** A ReplicationController is a ReplicaSet with a simpler selector: one logic serves both. */
export type ReplicaWorkload = ReplicaSet | ReplicationController

export type ReplicaStatus = ReplicaSetStatus
export type ReplicaCondition = ReplicaSetCondition

export interface ReplicaKind<T extends ReplicaWorkload> {
  /** The controller's name, as `replicaset-controller`. */
  name: string
  role: string
  eventSource: string
  resource: ResourceDefinition<T>
  /** ReplicationController's status has no place for them. */
  countsTerminating: boolean
  selectorOf(workload: T): LabelMatcher
}
