import type { NodeCondition, NodeStatus } from '@tandem/api/core/v1/types'

/** What is told of a condition that has turned, by its type: when it became true, and when false. */
const reasons: Readonly<Record<string, { True: string; False: string }>> = {
  Ready: { True: 'NodeReady', False: 'NodeNotReady' },
  MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
  DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
  PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
}

/** The events that a new status of a node is worth. */
export function conditionEvents(now: NodeStatus, old: NodeStatus | undefined): string[] {
  const before = (type: string) => old?.conditions?.find((condition) => condition.type === type)?.status
  return (now.conditions ?? [])
    .filter(({ type, status }) => status !== before(type))
    .flatMap(({ type, status }: NodeCondition) => reasons[type]?.[status === 'True' ? 'True' : 'False'] ?? [])
}
