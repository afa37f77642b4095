import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec } from '@tandem/api/core/v1/types'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import type { Handle, ObjectSource } from '../src/framework/plugin.ts'

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

/** Objects for plugins that read them, as informers would have them. */
export const objectsOf = (objects: readonly KubernetesObject[]): ObjectSource => ({
  list: (resource) => objects.filter(({ kind }) => kind === resource.kind) as never,
  byIndex: ({ resource, values }, value) =>
    objects.filter((object) => object.kind === resource.kind && values(object as never).includes(value)) as never,
  get: (resource, key) =>
    objects.find(
      ({ kind, metadata }) =>
        kind === resource.kind && metadata.name === key.name && (metadata.namespace ?? '') === (key.namespace ?? ''),
    ) as never,
  until: async () => {},
})

/** What plugins have of a world where nothing happens. */
export const handleOf = (objects: ObjectSource): Handle => ({
  client: new FakeClient(),
  clock: new FakeClock(),
  recorder: { record: () => {}, flush: async () => {} },
  objects,
})

const meta = (name: string) => ({ name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' })

export interface ClaimFixture {
  name: string
  className?: string
  size?: string
  volumeName?: string
  bound?: boolean
  modes?: string[]
  annotations?: Record<string, string>
}

export const claimOf = ({
  name,
  className = 'local',
  size = '1Gi',
  volumeName,
  bound,
  modes = ['ReadWriteOnce'],
  annotations,
}: ClaimFixture) =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...meta(name),
      namespace: 'default',
      annotations: { ...annotations, ...(bound ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {}) },
    },
    spec: {
      storageClassName: className,
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(volumeName ? { volumeName } : {}),
    },
    status: { phase: bound ? 'Bound' : 'Pending' },
  }) as PersistentVolumeClaim

export interface VolumeFixture {
  name: string
  className?: string
  size?: string
  node?: string
  labels?: Record<string, string>
  claimName?: string
  driver?: string
}

export const volumeOf = ({
  name,
  className = 'local',
  size = '1Gi',
  node,
  labels = {},
  claimName,
  driver,
}: VolumeFixture) =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...meta(name), labels },
    spec: {
      storageClassName: className,
      capacity: { storage: size },
      accessModes: ['ReadWriteOnce'],
      ...(driver ? { csi: { driver, volumeHandle: name } } : {}),
      ...(claimName ? { claimRef: { namespace: 'default', name: claimName, uid: `uid-${claimName}` } } : {}),
      ...(node
        ? {
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
                ],
              },
            },
          }
        : {}),
    },
    status: { phase: claimName ? 'Bound' : 'Available' },
  }) as PersistentVolume

export const classOf = (name: string, provisioner: string, more: Partial<StorageClass> = {}) =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: meta(name),
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
    ...more,
  }) as StorageClass

/** A pod with the claims as its volumes. */
export const podWith = (fixture: PodFixture, ...claims: string[]): PodFixture => ({
  ...fixture,
  volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
})
