import type { KubernetesObject } from '@tandem/apimachinery'
import t from 'tap'
import { decide, type Situation } from '../decide.ts'
import { claimOf, classOf, podWith, volumeOf } from '../objects.ts'

const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name })
const ab = [{ name: 'a' }, { name: 'b' }]
const local = classOf('local', 'kubernetes.io/no-provisioner')
const fast = classOf('fast', 'example.com/fast')
const csiNode = (name: string, count: number) =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name },
    spec: { drivers: [{ name: 'example.com/fast', nodeID: name, topologyKeys: [], allocatable: { count } }] },
  }) as unknown as KubernetesObject
const driver = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIDriver',
  metadata: { name: 'example.com/fast' },
  spec: { storageCapacity: true },
} as unknown as KubernetesObject
const capacity = (node: string, size: string) =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIStorageCapacity',
    metadata: { name: node, namespace: 'default' },
    storageClassName: 'fast',
    nodeTopology: { matchLabels: { 'kubernetes.io/hostname': node } },
    capacity: size,
  }) as unknown as KubernetesObject

const refused = (reason: string) =>
  `0/1 nodes are available: ${reason}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`
const p = (...claims: string[]) => podWith({ name: 'p' }, ...claims)

const rows: (Situation & { name: string; expect: string })[] = [
  {
    name: 'a claim that is not there',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    expect: refused('persistentvolumeclaim "c" not found'),
  },
  {
    name: 'an ephemeral volume whose claim is still to be made',
    pod: { name: 'p', volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: {} } } }] },
    nodes: [{ name: 'a' }],
    expect: refused('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"'),
  },
  {
    name: 'a claim that is bound without regard to the pod, and not yet',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    objects: [claimOf({ name: 'c', className: '' })],
    expect: refused('pod has unbound immediate PersistentVolumeClaims'),
  },
  {
    name: 'a bound claim whose volume is on one node',
    pod: p('c'),
    nodes: ab,
    objects: [claimOf({ name: 'c', volumeName: 'v', bound: true }), volumeOf({ name: 'v', node: 'b', claimName: 'c' })],
    expect: 'b',
  },
  {
    name: 'a bound claim whose volume is on no node there is',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    objects: [claimOf({ name: 'c', volumeName: 'v', bound: true }), volumeOf({ name: 'v', node: 'z', claimName: 'c' })],
    expect: refused("1 node(s) didn't match PersistentVolume's node affinity"),
  },
  {
    name: 'a bound claim whose volume is gone',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    objects: [claimOf({ name: 'c', volumeName: 'v', bound: true })],
    expect: refused('1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'),
  },
  {
    name: 'a claim that waits for the pod, with a volume on one node',
    pod: p('c'),
    nodes: ab,
    objects: [local, claimOf({ name: 'c' }), volumeOf({ name: 'v', node: 'b' })],
    expect: 'b',
  },
  {
    name: 'two claims and one volume',
    pod: p('c', 'd'),
    nodes: [{ name: 'a' }],
    objects: [local, claimOf({ name: 'c' }), claimOf({ name: 'd' }), volumeOf({ name: 'v', node: 'a' })],
    expect: refused("1 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: 'a small and a large claim take the volumes that fit them',
    pod: p('large', 'small'),
    nodes: [{ name: 'a' }],
    objects: [
      local,
      claimOf({ name: 'large', size: '5Gi' }),
      claimOf({ name: 'small', size: '1Gi' }),
      volumeOf({ name: 'v1', size: '5Gi' }),
      volumeOf({ name: 'v2', size: '2Gi' }),
    ],
    expect: 'a',
  },
  {
    name: 'a volume that is too small',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    objects: [local, claimOf({ name: 'c', size: '2Gi' }), volumeOf({ name: 'v', size: '1Gi' })],
    expect: refused("1 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: 'a claim that will be provisioned, where its class may be',
    pod: p('c'),
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    objects: [
      classOf('fast', 'example.com/fast', {
        allowedTopologies: [{ matchLabelExpressions: [{ key: 'topology.kubernetes.io/zone', values: ['z2'] }] }],
      }),
      claimOf({ name: 'c', className: 'fast' }),
    ],
    expect: 'b',
  },
  {
    name: 'a claim whose node was chosen before',
    pod: p('c'),
    nodes: ab,
    objects: [
      fast,
      claimOf({ name: 'c', className: 'fast', annotations: { 'volume.kubernetes.io/selected-node': 'b' } }),
    ],
    expect: 'b',
  },
  {
    name: 'room as the driver publishes it',
    pod: p('c'),
    nodes: ab,
    objects: [
      fast,
      driver,
      capacity('a', '1Gi'),
      capacity('b', '10Gi'),
      claimOf({ name: 'c', className: 'fast', size: '2Gi' }),
    ],
    expect: 'b',
  },
  {
    name: 'too little room anywhere',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    objects: [fast, driver, capacity('a', '1Gi'), claimOf({ name: 'c', className: 'fast', size: '2Gi' })],
    expect: refused('1 node(s) did not have enough free storage'),
  },
  {
    name: 'a volume of a zone',
    pod: p('c'),
    nodes: [
      { name: 'a', labels: zone('z1') },
      { name: 'b', labels: zone('z2') },
    ],
    objects: [
      claimOf({ name: 'c', volumeName: 'v', bound: true }),
      volumeOf({ name: 'v', claimName: 'c', labels: zone('z2') }),
    ],
    expect: 'b',
  },
  {
    name: 'a volume of a zone that has no node',
    pod: p('c'),
    nodes: [{ name: 'a', labels: zone('z1') }],
    objects: [
      claimOf({ name: 'c', volumeName: 'v', bound: true }),
      volumeOf({ name: 'v', claimName: 'c', labels: zone('z2__z3') }),
    ],
    expect: refused('1 node(s) had no available volume zone'),
  },
  {
    name: 'a claim for one pod alone, in use by another',
    pod: p('c'),
    nodes: [{ name: 'a' }],
    placed: [{ ...podWith({ name: 'x' }, 'c'), on: 'a' }],
    objects: [
      claimOf({ name: 'c', volumeName: 'v', bound: true, modes: ['ReadWriteOncePod'] }),
      volumeOf({ name: 'v', claimName: 'c' }),
    ],
    expect:
      '0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  },
  {
    name: 'a claim for one pod alone, which a pod of lower priority has',
    pod: { ...p('c'), priority: 100 },
    nodes: [{ name: 'a' }],
    placed: [{ ...podWith({ name: 'x' }, 'c'), on: 'a' }],
    objects: [
      claimOf({ name: 'c', volumeName: 'v', bound: true, modes: ['ReadWriteOncePod'] }),
      volumeOf({ name: 'v', claimName: 'c' }),
    ],
    expect: 'preempts x on a',
  },
  {
    name: 'as many volumes as the driver allows on a node',
    pod: p('c2'),
    nodes: ab,
    placed: [{ ...podWith({ name: 'x' }, 'c1'), on: 'a' }],
    objects: [
      csiNode('a', 1),
      csiNode('b', 1),
      claimOf({ name: 'c1', volumeName: 'v1', bound: true }),
      volumeOf({ name: 'v1', claimName: 'c1', driver: 'example.com/fast' }),
      claimOf({ name: 'c2', volumeName: 'v2', bound: true }),
      volumeOf({ name: 'v2', claimName: 'c2', driver: 'example.com/fast' }),
    ],
    expect: 'b',
  },
]

for (const { name, expect, ...situation } of rows) t.test(name, async (t) => t.equal(decide(situation), expect))
