import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import t from 'tap'
import { rollingUpdateStep } from '../../src/deployments/rolling-update.ts'

type Limits = [surge: number | string, unavailable: number | string]
const deployment = (replicas: number, [maxSurge, maxUnavailable]: Limits): Deployment =>
  ({
    metadata: { name: 'web' },
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
  }) as unknown as Deployment

/** A replica set of a size, of which some are available. */
const replicaSet = (name: string, [size, available]: readonly [number, number], age = 0): ReplicaSet =>
  ({
    metadata: { name, creationTimestamp: new Date(Date.parse('2026-01-01T00:00:00Z') - age * 1000).toISOString() },
    spec: { replicas: size },
    status: { replicas: size, availableReplicas: available },
  }) as unknown as ReplicaSet

interface Row {
  replicas: number
  limits: Limits
  current: readonly [number, number]
  old: (readonly [number, number])[]
  step: Record<string, number>
}
const rows: Record<string, Row> = {
  'the new one starts as large as the surge allows': {
    replicas: 10,
    limits: [3, 2],
    current: [0, 0],
    old: [[10, 10]],
    step: { new: 3 },
  },
  'with no room to grow the old one shrinks': {
    replicas: 10,
    limits: [0, 2],
    current: [0, 0],
    old: [[10, 10]],
    step: { old0: 8 },
  },
  'it waits while new pods are not available': {
    replicas: 10,
    limits: [2, 0],
    current: [2, 0],
    old: [[10, 10]],
    step: {},
  },
  'as new pods come up old ones go': {
    replicas: 10,
    limits: [2, 0],
    current: [2, 2],
    old: [[10, 10]],
    step: { old0: 8 },
  },
  'both limits are shares, one rounded up, one down': {
    replicas: 10,
    limits: ['25%', '25%'],
    current: [3, 0],
    old: [[10, 10]],
    step: { old0: 8 },
  },
  'limits that come to nothing still let one go': {
    replicas: 1,
    limits: [0, '10%'],
    current: [0, 0],
    old: [[1, 1]],
    step: { old0: 0 },
  },
  'old pods that do not work are taken first': {
    replicas: 10,
    limits: [0, 2],
    current: [0, 0],
    old: [
      [5, 5],
      [5, 3],
    ],
    step: { old0: 5, old1: 3 },
  },
  'a new one that grew too large is cut': { replicas: 3, limits: [1, 0], current: [5, 5], old: [], step: { new: 3 } },
  'at the end nothing is to be done': { replicas: 3, limits: [1, 0], current: [3, 3], old: [[0, 0]], step: {} },
  'the last old pods go when all new ones are there': {
    replicas: 3,
    limits: [1, 0],
    current: [3, 3],
    old: [[1, 1]],
    step: { old0: 0 },
  },
  'a broken new version keeps enough of the old': {
    replicas: 10,
    limits: [2, 2],
    current: [4, 0],
    old: [[8, 8]],
    step: {},
  },
  'several old ones go oldest first': {
    replicas: 10,
    limits: [3, 0],
    current: [5, 5],
    old: [
      [3, 3],
      [5, 5],
    ],
    step: { old0: 0 },
  },
  'a rollover starts from none, and what never worked makes room': {
    replicas: 10,
    limits: [3, 2],
    current: [0, 0],
    old: [
      [8, 8],
      [5, 0],
    ],
    step: { old1: 0 },
  },
  'pods of an old one that was told to have none keep nothing available': {
    replicas: 10,
    limits: [2, 0],
    current: [8, 8],
    old: [
      [0, 4],
      [4, 4],
    ],
    step: { old1: 2 },
  },
  'an old one that has not shrunk yet is waited for': {
    replicas: 10,
    limits: [3, 2],
    current: [5, 2],
    old: [[8, 10]],
    step: {},
  },
  'though what is broken before it goes': {
    replicas: 10,
    limits: [3, 2],
    current: [3, 3],
    old: [
      [2, 0],
      [8, 9],
    ],
    step: { old0: 0 },
  },
}
for (const [name, { replicas, limits, current, old, step }] of Object.entries(rows)) {
  t.test(name, async (t) => {
    const olds = old.map((sizes, index) => replicaSet(`old${index}`, sizes, 100 - index))
    const scalings = rollingUpdateStep(deployment(replicas, limits), { current: replicaSet('new', current), old: olds })
    const result = Object.fromEntries(scalings.map((scaling) => [scaling.replicaSet.metadata.name, scaling.replicas]))
    const changed = Object.fromEntries(
      Object.entries(step).filter(([key, size]) =>
        [...olds, replicaSet('new', current)].some(
          ({ metadata, spec }) => metadata.name === key && spec.replicas !== size,
        ),
      ),
    )
    t.same(result, changed)
  })
}
