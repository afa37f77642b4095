import type { Column } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { ageOf } from '@tandem/apimachinery/human-duration'
import { findPodCondition } from '../pod-conditions.ts'
import type { Pod } from '../types.ts'
import { summarize } from './summary.ts'

function restarts(pod: Pod, now: number): string {
  const { restarts: count, lastRestart } = summarize(pod)
  return count !== 0 && lastRestart ? `${count} (${ageOf(lastRestart, now)} ago)` : String(count)
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const passed = gates.filter(({ conditionType }) => findPodCondition(pod.status, conditionType)?.status === 'True')
  return `${passed.length}/${gates.length}`
}

export const columns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    value: (pod) => {
      const { ready, total } = summarize(pod)
      return `${ready}/${total}`
    },
  },
  {
    name: 'Status',
    type: 'string',
    description: 'The aggregate status of the containers in this pod.',
    value: (pod) => summarize(pod).reason,
  },
  {
    name: 'Restarts',
    type: 'string',
    description: 'How often containers of this pod have been restarted, and when one last was.',
    value: restarts,
  },
  ageColumn,
  {
    name: 'IP',
    type: 'string',
    priority: 1,
    description: 'Address of the pod.',
    value: (pod) => pod.status?.podIPs?.[0]?.ip || '<none>',
  },
  {
    name: 'Node',
    type: 'string',
    priority: 1,
    description: 'Node the pod runs on.',
    value: (pod) => pod.spec.nodeName || '<none>',
  },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    description: 'Node the pod waits for while others are preempted there.',
    value: (pod) => pod.status?.nominatedNodeName || '<none>',
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    priority: 1,
    description: 'Conditions of others that the pod waits for.',
    value: readinessGates,
  },
]
