import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import t from 'tap'
import { isScalingEvent, scaleDeployment } from '../../src/deployments/scaling.ts'

const deployment = (replicas: number, maxSurge: number | string = 0): Deployment =>
  ({
    metadata: { name: 'web' },
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 0 } } },
  }) as unknown as Deployment

interface Size {
  size: number
  desired: number
  max?: number
  available?: number
}
const replicaSet = (name: string, { size, desired, max = desired, available = size }: Size, age = 0): ReplicaSet =>
  ({
    metadata: {
      name,
      creationTimestamp: new Date(Date.parse('2026-01-01T00:00:00Z') - age * 1000).toISOString(),
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(desired),
        'deployment.kubernetes.io/max-replicas': String(max),
      },
    },
    spec: { replicas: size },
    status: { replicas: size, availableReplicas: available },
  }) as unknown as ReplicaSet

interface Row {
  to: number
  surge?: number | string
  current?: Size
  old: Size[]
  sizes: Record<string, number>
}
const rows: Record<string, Row> = {
  'the only one with pods follows': {
    to: 5,
    current: { size: 3, desired: 3 },
    old: [{ size: 0, desired: 3 }],
    sizes: { new: 5 },
  },
  'from none, the newest follows': {
    to: 5,
    current: { size: 0, desired: 0 },
    old: [{ size: 0, desired: 0 }],
    sizes: { new: 5 },
  },
  'in a rollout each grows by its share': {
    to: 20,
    current: { size: 5, desired: 10 },
    old: [{ size: 5, desired: 10 }],
    sizes: { new: 10, old0: 10 },
  },
  'and shrinks by it': {
    to: 5,
    current: { size: 5, desired: 10 },
    old: [{ size: 5, desired: 10 }],
    sizes: { new: 3, old0: 2 },
  },
  'the largest gets what rounding leaves': {
    to: 11,
    current: { size: 2, desired: 10 },
    old: [{ size: 8, desired: 10 }],
    sizes: { new: 2, old0: 9 },
  },
  'the surge counts': {
    to: 20,
    surge: 2,
    current: { size: 6, desired: 10, max: 12 },
    old: [{ size: 6, desired: 10, max: 12 }],
    sizes: { new: 11, old0: 11 },
  },
  'of equals the newer grow first': {
    to: 11,
    current: { size: 5, desired: 10 },
    old: [{ size: 5, desired: 10 }],
    sizes: { new: 6, old0: 5 },
  },
  'and the older shrink first': {
    to: 9,
    current: { size: 5, desired: 10 },
    old: [{ size: 5, desired: 10 }],
    sizes: { new: 5, old0: 4 },
  },
  'a size before that cannot be is not believed': {
    to: 20,
    current: { size: 5, desired: 10, max: 2 ** 31 },
    old: [{ size: 5, desired: 10, max: 2 ** 31 }],
    sizes: { new: 15, old0: 5 },
  },
  'to none all go': {
    to: 0,
    current: { size: 5, desired: 10 },
    old: [{ size: 5, desired: 10 }],
    sizes: { new: 0, old0: 0 },
  },
  'a new one that is whole needs no old ones': {
    to: 3,
    current: { size: 3, desired: 3 },
    old: [{ size: 2, desired: 5 }],
    sizes: { old0: 0 },
  },
}
for (const [name, { to, surge, current, old, sizes }] of Object.entries(rows)) {
  t.test(name, async (t) => {
    const revisions = {
      current: current && replicaSet('new', current),
      old: old.map((size, index) => replicaSet(`old${index}`, size, 100 + index)),
    }
    const result = scaleDeployment(deployment(to, surge), revisions)
    t.same(Object.fromEntries(result.map((scaling) => [scaling.replicaSet.metadata.name, scaling.replicas])), sizes)
  })
}

t.test('a scaling is noticed by what the replica sets were last sized for', async (t) => {
  const revisions = (desired: number) => ({ current: replicaSet('new', { size: 3, desired }), old: [] })
  t.ok(isScalingEvent(deployment(5), revisions(3)))
  t.notOk(isScalingEvent(deployment(3), revisions(3)))
  t.notOk(
    isScalingEvent(deployment(5), { current: replicaSet('new', { size: 0, desired: 3 }), old: [] }),
    'one without pods does not count',
  )
})
