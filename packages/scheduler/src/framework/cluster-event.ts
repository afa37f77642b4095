/** Something happened that may make a pod schedulable that was not. Names are upstream's. */
export type ClusterEvent =
  | 'AssignedPodAdd'
  | 'AssignedPodUpdate'
  | 'AssignedPodDelete'
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeAllocatableChange'
  | 'NodeLabelChange'
  | 'NodeTaintChange'
  | 'NodeConditionChange'
  | 'UnschedulablePodUpdate'
  | 'UnschedulableTimeout'
  | 'ForceActivate'
