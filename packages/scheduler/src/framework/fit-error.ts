import type { NodeRejections } from './plugin.ts'

export interface Diagnosis {
  numAllNodes: number
  rejections: NodeRejections
  /** Said by a preFilter plugin, which then stands for all nodes. */
  preFilterMessage?: string
  postFilterMessage?: string
  /** Reason for nodes that `rejections` does not name. */
  absentReason?: string
  unschedulablePlugins: ReadonlySet<string>
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
export function fitErrorMessage({
  numAllNodes,
  rejections,
  preFilterMessage,
  postFilterMessage,
  absentReason,
}: Diagnosis): string {
  let message = `0/${numAllNodes} nodes are available:`
  if (preFilterMessage) message += ` ${preFilterMessage}.`
  else {
    const counts = new Map<string, number>()
    for (const { status } of rejections.values())
      for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    const absent = numAllNodes - rejections.size
    if (absentReason && absent > 0) counts.set(absentReason, (counts.get(absentReason) ?? 0) + absent)
    const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
    if (reasons.length > 0) message += ` ${reasons.join(', ')}.`
  }
  return postFilterMessage ? `${message} ${postFilterMessage}` : message
}

export const noNodesMessage = 'no nodes available to schedule pods'
