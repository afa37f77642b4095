import type { ContainerImage, Node, NodeCondition, NodeStatus, Taint } from '@tandem/api/core/v1/types'
import type { New } from '@tandem/apimachinery'
import { gitVersion } from '@tandem/component-base/version'
import type { PressureCondition } from '../eviction/signals.ts'
import type { Machine, Resources } from './machine.ts'

export interface NodeFacts {
  name: string
  ip: string
  port: number
  machine: Machine
  capacity: Resources
  allocatable: Resources
  runtimeVersion: string
  images?: readonly ContainerImage[]
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  taints: readonly Taint[]
}

/** What keeps the node from taking pods, if anything does. */
export interface NodeHealth {
  runtimeError: string | undefined
  networkError: string | undefined
  pressure: ReadonlySet<PressureCondition>
}

/** The labels a node gives itself. */
export const nodeLabels = ({ name, machine }: NodeFacts): Record<string, string> => ({
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': machine.architecture,
  'beta.kubernetes.io/os': 'linux',
  'beta.kubernetes.io/arch': machine.architecture,
})

/** The annotations a node gives itself: volumes are attached for it by a controller. */
export const nodeAnnotations = ({ annotations }: NodeFacts): Record<string, string> => ({
  'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
  ...annotations,
})

export const newNode = (facts: NodeFacts, health: NodeHealth, now: string): New<Node> => ({
  metadata: {
    name: facts.name,
    labels: { ...nodeLabels(facts), ...facts.labels },
    annotations: nodeAnnotations(facts),
  },
  spec: { ...(facts.taints.length > 0 ? { taints: facts.taints.map((taint) => ({ ...taint })) } : {}) },
  status: nodeStatus(facts, health, { now, old: undefined }),
})

export function nodeStatus(
  facts: NodeFacts,
  health: NodeHealth,
  { now, old }: { now: string; old: NodeStatus | undefined },
): NodeStatus {
  const { machine } = facts
  return {
    capacity: { ...facts.capacity },
    allocatable: { ...facts.allocatable },
    conditions: nodeConditions(health).map((condition) => withTimes(condition, { now, old })),
    addresses: [
      { type: 'InternalIP', address: facts.ip },
      { type: 'Hostname', address: facts.name },
    ],
    ...(facts.images && { images: [...facts.images] }),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: gitVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
  }
}

type Verdict = Pick<NodeCondition, 'type' | 'status'> & { reason: string; message: string }

const verdict = (type: Verdict['type'], status: 'True' | 'False', reason: string, message: string): Verdict => ({
  type,
  status,
  reason,
  message,
})

function nodeConditions({ runtimeError, networkError, pressure }: NodeHealth): Verdict[] {
  const problems = [
    ...(runtimeError ? [`container runtime is down: ${runtimeError}`] : []),
    ...(networkError
      ? [`container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${networkError}`]
      : []),
  ]
  return [
    pressure.has('MemoryPressure')
      ? verdict('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
      : verdict('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure.has('DiskPressure')
      ? verdict('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : verdict('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure.has('PIDPressure')
      ? verdict('PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available')
      : verdict('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    problems.length > 0
      ? { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: `[${problems.join(', ')}]` }
      : { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ]
}

function withTimes(verdict: Verdict, { now, old }: { now: string; old: NodeStatus | undefined }): NodeCondition {
  const before = (old?.conditions ?? []).find(({ type }) => type === verdict.type)
  const kept = before?.status === verdict.status ? before.lastTransitionTime : undefined
  return { ...verdict, lastHeartbeatTime: now, lastTransitionTime: kept ?? now }
}

/** Has anything changed but the heartbeat? Then it is told at once, not at the next report. */
export const sameStatus = (a: NodeStatus | undefined, b: NodeStatus): boolean =>
  a !== undefined && JSON.stringify(withoutTimes(a)) === JSON.stringify(withoutTimes(b))

const withoutTimes = ({
  capacity,
  allocatable,
  addresses,
  conditions,
  daemonEndpoints,
  images,
  nodeInfo,
  volumesInUse = [],
}: NodeStatus): object => ({
  volumesInUse,
  capacity: Object.entries(capacity ?? {}).sort(),
  allocatable: Object.entries(allocatable ?? {}).sort(),
  addresses: (addresses ?? []).map(({ type, address }) => [type, address]),
  images: (images ?? []).map(({ names, sizeBytes }) => [names, sizeBytes]),
  port: daemonEndpoints?.kubeletEndpoint?.Port,
  nodeInfo: Object.entries(nodeInfo ?? {}).sort(),
  conditions: (conditions ?? [])
    .map(({ type, status, reason, message }) => [type, status, reason, message].join('|'))
    .sort(),
})
