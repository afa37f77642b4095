/** Nodes and pods of the shapes that upstream measures its scheduler with. */

export interface NodeShape {
  /** How many zones the nodes lie in. */
  zones?: number
  cpu?: string
  memory?: string
  labels?: Record<string, string>
}

export function node(index: number, { zones = 3, cpu = '4', memory = '32Gi', labels = {} }: NodeShape = {}): object {
  const name = `node-${index}`
  const resources = { cpu, memory, pods: '110' }
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % zones}`, ...labels },
    },
    status: { capacity: resources, allocatable: resources, conditions: [ready] },
  }
}

export interface PodShape {
  labels?: Record<string, string>
  spec?: Record<string, unknown>
  cpu?: string
  memory?: string
}

export const podOf = (
  name: string,
  { labels = {}, spec = {}, cpu = '100m', memory = '64Mi' }: PodShape = {},
): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'bench', ...labels } },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'registry.example/app:1', resources: { requests: { cpu, memory } } }],
    ...spec,
  },
})

const selecting = (color: string, topologyKey: string): object => ({
  labelSelector: { matchLabels: { color } },
  topologyKey,
})
const hostname = 'kubernetes.io/hostname'
const zone = 'topology.kubernetes.io/zone'

/** With pods of their own color: beside them, away from them, rather beside, rather away. */
export const affine: PodShape = {
  labels: { color: 'blue' },
  spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [selecting('blue', zone)] } } },
}
export const antiAffine: PodShape = {
  labels: { color: 'green' },
  spec: {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [selecting('green', hostname)] } },
  },
}
const preferred = (color: string): object => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: selecting(color, hostname) }],
})
export const ratherAffine: PodShape = {
  labels: { color: 'red' },
  spec: { affinity: { podAffinity: preferred('red') } },
}
export const ratherAntiAffine: PodShape = {
  labels: { color: 'yellow' },
  spec: { affinity: { podAntiAffinity: preferred('yellow') } },
}
export const inTwoZones: PodShape = {
  spec: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: ['zone-0', 'zone-1'] }] }],
        },
      },
    },
  },
}

export const spread = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): PodShape => ({
  labels: { color: 'blue' },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 5,
        topologyKey: zone,
        whenUnsatisfiable,
        labelSelector: { matchLabels: { color: 'blue' } },
      },
    ],
  },
})
