import { simulatedNodeLabel, simulatedNodeTaint } from '@tandem/api/core/v1/simulated-node'
import type { Node, NodeStatus } from '@tandem/api/core/v1/types'
import type { New } from '@tandem/apimachinery'
import type { Machine, Resources } from '../node-status/machine.ts'
import { type NodeFacts, type NodeHealth, nodeLabels, nodeStatus } from '../node-status/node-object.ts'

const namePrefix = 'simulated-'

export const simulatedNodeName = (index: number): string => `${namePrefix}${index}`

/** The number in the name of a node that we made; undefined for others' names. */
export function indexOf(name: string): number | undefined {
  const digits = name.startsWith(namePrefix) ? name.slice(namePrefix.length) : ''
  return /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined
}

/** Three, as clusters over several zones have mostly: for spreading and affinity. */
const zones = ['a', 'b', 'c']

const machine = (name: string): Machine => ({
  machineID: name,
  systemUUID: name,
  bootID: name,
  kernelVersion: '',
  osImage: 'simulated',
  architecture: 'amd64',
  cpus: 0,
  memoryBytes: 0,
  diskBytes: 0,
})

/** A node has no address: there is nobody who would answer for logs or exec. */
const factsOf = (name: string, capacity: Resources, allocatable: Resources): NodeFacts => ({
  name,
  ip: '',
  port: 0,
  machine: machine(name),
  capacity,
  allocatable,
  runtimeVersion: 'simulated://1.0.0',
  labels: {},
  annotations: {},
  taints: [],
})

export function newSimulatedNode(index: number, capacity: Resources, now: string): New<Node> {
  const name = simulatedNodeName(index)
  return {
    metadata: {
      name,
      labels: {
        ...nodeLabels(factsOf(name, capacity, capacity)),
        'topology.kubernetes.io/region': 'simulated',
        'topology.kubernetes.io/zone': `simulated-${zones[index % zones.length]}`,
        [simulatedNodeLabel]: 'true',
      },
    },
    spec: { taints: [{ ...simulatedNodeTaint }] },
    status: simulatedNodeStatus(name, { capacity, now, old: undefined }),
  }
}

/** Ready, with what it has: what its maker gave it, else `capacity`. */
export function simulatedNodeStatus(
  name: string,
  { capacity, now, old }: { capacity: Resources; now: string; old: NodeStatus | undefined },
): NodeStatus {
  const own = isEmpty(old?.capacity) ? capacity : { ...old?.capacity }
  const allocatable = isEmpty(old?.allocatable) ? own : { ...old?.allocatable }
  const healthy: NodeHealth = { runtimeError: undefined, networkError: undefined, pressure: new Set() }
  const status = nodeStatus(factsOf(name, own, allocatable), healthy, { now, old })
  return { ...status, addresses: [{ type: 'Hostname', address: name }] }
}

const isEmpty = (resources: object | undefined): boolean => Object.keys(resources ?? {}).length === 0

/** Whether somebody has to say again that the node is well. */
export const isReady = ({ status }: Node): boolean =>
  !isEmpty(status?.allocatable) &&
  (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
