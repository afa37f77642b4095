import type { Node, Pod, PodSpec } from '@tandem/api/core/v1/types'

let uid = 0

export type PodFixture = Partial<PodSpec> & {
  name: string
  cpu?: string
  memory?: string
  labels?: Record<string, string>
  created?: string
}

export function podOf({ name, cpu, memory, labels, created = '2026-01-01T00:00:00Z', ...spec }: PodFixture): Pod {
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}-${uid++}`,
      resourceVersion: '1',
      creationTimestamp: created,
      ...(labels ? { labels } : {}),
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'main', image: 'app', resources: { requests } }],
      ...spec,
    },
  } as Pod
}

export type NodeFixture = Node['spec'] & {
  name: string
  cpu?: string
  memory?: string
  pods?: string
  labels?: Record<string, string>
  images?: string[]
}

export const nodeOf = ({
  name,
  cpu = '4',
  memory = '8Gi',
  pods = '110',
  labels = {},
  images = [],
  ...spec
}: NodeFixture): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec,
    status: {
      allocatable: { cpu, memory, pods },
      images: images.map((image) => ({ names: [image], sizeBytes: 500 * 1024 * 1024 })),
    },
  }) as Node
