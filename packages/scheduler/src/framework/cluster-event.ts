import type { Node, Pod } from '@tandem/api/core/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import type { PodInfo } from './pod-info.ts'

/** Something happened to a pod that has a node. Names are upstream's. */
export type AssignedPodEvent = 'AssignedPodAdd' | 'AssignedPodUpdate' | 'AssignedPodDelete'

export type NodeEvent =
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeAllocatableChange'
  | 'NodeLabelChange'
  | 'NodeTaintChange'
  | 'NodeConditionChange'

/** Something happened to an object of a kind that plugins read. */
export type ObjectEvent = `${ReadKind}${'Add' | 'Update' | 'Delete'}`

/** Kinds that plugins may read, beside pods, nodes and namespaces. */
export type ReadKind =
  | 'CSIDriver'
  | 'CSINode'
  | 'CSIStorageCapacity'
  | 'DeviceClass'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'PodDisruptionBudget'
  | 'ReplicaSet'
  | 'ReplicationController'
  | 'Service'
  | 'StatefulSet'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'StorageClass'
  | 'VolumeAttachment'

/** Something happened that may make a pod schedulable that was not. */
export type ClusterEvent =
  | AssignedPodEvent
  | NodeEvent
  | ObjectEvent
  | 'NamespaceLabelChange'
  | 'UnschedulablePodUpdate'
  | 'UnschedulableTimeout'
  | 'ForceActivate'

/** An event with what it happened to, for plugins that look closer at whom it can help. */
export type ClusterChange =
  | { readonly event: AssignedPodEvent; readonly pod: PodInfo; readonly old?: Pod }
  | { readonly event: NodeEvent; readonly node: Node; readonly old?: Node }
  | { readonly event: ObjectEvent; readonly object: KubernetesObject; readonly old?: KubernetesObject }
  | { readonly event: Exclude<ClusterEvent, AssignedPodEvent | NodeEvent | ObjectEvent> }

/** The node of a change that may have made it better, else undefined. */
export const nodeOfChange = (change: ClusterChange): Node | undefined =>
  'node' in change && change.event !== 'NodeDelete' ? change.node : undefined
