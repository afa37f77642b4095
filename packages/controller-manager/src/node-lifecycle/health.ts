import type { Node, NodeCondition } from '@tandem/api/core/v1/types'
import { equalJson } from '@tandem/apimachinery'
import { timestamp } from '../timestamp.ts'

/** When, by our clock, a node last gave a sign of life: clocks of other machines are not compared with ours. */
export interface Heartbeat {
  lease: string | undefined
  conditions: NodeCondition[]
  seenAt: number
}

/** A renewed lease or a changed status is a sign of life. A node seen for the first time is taken at its word for now. */
export function heartbeatOf(
  node: Node,
  { lease, before, now }: { lease: string | undefined; before: Heartbeat | undefined; now: number },
): Heartbeat {
  const conditions = node.status?.conditions ?? []
  const isAlive =
    !before || lease !== before.lease || !equalJson(conditions.map(reported), before.conditions.map(reported))
  return { lease, conditions, seenAt: isAlive ? now : before.seenAt }
}

/** What a kubelet says; what we wrote ourselves is no sign of its life. */
const reported = ({ type, lastHeartbeatTime }: NodeCondition) => ({ type, lastHeartbeatTime })

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** The conditions of a node that has not been heard of for too long: nobody knows. */
export function unknownConditions(node: Node, now: number): NodeCondition[] {
  const conditions = node.status?.conditions ?? []
  const time = timestamp(now)
  const changed = watched.map((type): NodeCondition => {
    const before = conditions.find((condition) => condition.type === type)
    if (!before) {
      return {
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: time,
      }
    }
    if (before.status === 'Unknown') return before
    return {
      ...before,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: time,
    }
  })
  return [...conditions.filter(({ type }) => !watched.includes(type)), ...changed]
}

export type Readiness = 'True' | 'False' | 'Unknown'

export const readinessOf = (node: Node): Readiness => {
  const status = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  return status === 'True' || status === 'False' ? status : 'Unknown'
}
