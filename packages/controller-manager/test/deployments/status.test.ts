import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@tandem/api/apps/v1/types'
import t from 'tap'
import { deploymentStatus, progressCheckAfter, rolloutStatus } from '../../src/deployments/status.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const secondsAgo = (seconds: number): string => `${new Date(now - seconds * 1000).toISOString().slice(0, 19)}Z`
const seconds = 1000

interface Traits {
  replicas?: number
  deadline?: number | undefined
  status?: DeploymentStatus
  strategy?: object
}
const deployment = ({ replicas = 3, deadline = 600, status, strategy }: Traits = {}): Deployment =>
  ({
    metadata: { name: 'web', generation: 2 },
    spec: {
      replicas,
      ...(Number.isNaN(deadline) ? {} : { progressDeadlineSeconds: deadline }),
      strategy: strategy ?? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    },
    ...(status && { status }),
  }) as unknown as Deployment

const replicaSet = (name: string, size: number, status: ReplicaSet['status']): ReplicaSet =>
  ({ metadata: { name, creationTimestamp: secondsAgo(100) }, spec: { replicas: size }, status }) as ReplicaSet

/** As many pods as wanted, all of them available. */
const whole = (name: string, size: number): ReplicaSet =>
  replicaSet(name, size, {
    replicas: size,
    readyReplicas: size,
    availableReplicas: size,
    terminatingReplicas: 0,
    observedGeneration: 1,
  })

const progressing = (reason: string, updatedAgo: number): DeploymentCondition => ({
  type: 'Progressing',
  status: reason === 'ProgressDeadlineExceeded' ? 'False' : 'True',
  reason,
  message: 'as before',
  lastUpdateTime: secondsAgo(updatedAgo),
  lastTransitionTime: secondsAgo(1000),
})
const conditionOf = ({ conditions }: DeploymentStatus, type: string) =>
  conditions?.find((condition) => condition.type === type)

interface ProgressRow {
  deployment: Traits
  before?: DeploymentCondition
  current?: ReplicaSet | undefined
  old?: ReplicaSet[]
  after: Partial<DeploymentCondition> | undefined
}
const counts = { replicas: 4, updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3, unavailableReplicas: 1 }
const half = replicaSet('web-new', 1, { replicas: 1 })
const progress: Record<string, ProgressRow> = {
  'all new pods are available and no old ones are left': {
    deployment: { status: counts },
    before: progressing('ReplicaSetUpdated', 10),
    current: whole('web-new', 3),
    after: {
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "web-new" has successfully progressed.',
      lastUpdateTime: secondsAgo(0),
      lastTransitionTime: secondsAgo(1000),
    },
  },
  'that is said once': {
    deployment: { status: { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 } },
    before: progressing('NewReplicaSetAvailable', 5000),
    current: whole('web-new', 3),
    after: { reason: 'NewReplicaSetAvailable', lastUpdateTime: secondsAgo(5000) },
  },
  'a pod lost after the end does not start the deadline again': {
    deployment: { status: { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 } },
    before: progressing('NewReplicaSetAvailable', 5000),
    current: replicaSet('web-new', 3, { replicas: 3, readyReplicas: 2, availableReplicas: 2 }),
    after: { reason: 'NewReplicaSetAvailable', lastUpdateTime: secondsAgo(5000) },
  },
  'another pod became ready: the deadline runs from now': {
    deployment: { status: counts },
    before: progressing('ReplicaSetUpdated', 500),
    current: replicaSet('web-new', 2, { replicas: 2, readyReplicas: 1, availableReplicas: 1 }),
    old: [whole('web-old', 3)],
    after: {
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "web-new" is progressing.',
      lastUpdateTime: secondsAgo(0),
      lastTransitionTime: secondsAgo(1000),
    },
  },
  'an old pod less is progress too': {
    deployment: { status: counts },
    before: progressing('NewReplicaSetCreated', 500),
    current: half,
    old: [replicaSet('web-old', 2, { replicas: 2, readyReplicas: 2, availableReplicas: 2 })],
    after: { reason: 'ReplicaSetUpdated', lastUpdateTime: secondsAgo(0) },
  },
  'nothing new, and time left': {
    deployment: { status: counts },
    before: progressing('ReplicaSetUpdated', 600),
    current: half,
    old: [whole('web-old', 3)],
    after: { reason: 'ReplicaSetUpdated', lastUpdateTime: secondsAgo(600) },
  },
  'nothing new for longer than the deadline': {
    deployment: { status: counts },
    before: progressing('ReplicaSetUpdated', 601),
    current: half,
    old: [whole('web-old', 3)],
    after: {
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "web-new" has timed out progressing.',
      lastTransitionTime: secondsAgo(0),
    },
  },
  'without a replica set yet the deployment itself is named': {
    deployment: { status: { replicas: 3 } },
    before: progressing('ReplicaSetUpdated', 601),
    old: [whole('web-old', 3)],
    current: undefined,
    after: { reason: 'ReplicaSetUpdated', message: 'Deployment "web" is progressing.' },
  },
  'timed out stays timed out while nothing moves': {
    deployment: { status: counts },
    before: progressing('ProgressDeadlineExceeded', 3000),
    current: half,
    old: [whole('web-old', 3)],
    after: { reason: 'ProgressDeadlineExceeded', lastUpdateTime: secondsAgo(3000) },
  },
  'and is taken back when something does': {
    deployment: { status: { ...counts, updatedReplicas: 0 } },
    before: progressing('ProgressDeadlineExceeded', 3000),
    current: half,
    old: [whole('web-old', 3)],
    after: { status: 'True', reason: 'ReplicaSetUpdated', lastTransitionTime: secondsAgo(0) },
  },
  'without a deadline nothing is said of progress': {
    deployment: { status: counts, deadline: Number.NaN },
    before: progressing('ReplicaSetUpdated', 10),
    current: whole('web-new', 3),
    after: undefined,
  },
  'the greatest deadline is none': {
    deployment: { status: counts, deadline: 2 ** 31 - 1 },
    before: progressing('ReplicaSetUpdated', 10),
    current: whole('web-new', 3),
    after: undefined,
  },
}
for (const [name, { deployment: traits, before, current, old = [], after }] of Object.entries(progress)) {
  t.test(name, async (t) => {
    const status = { ...traits.status, conditions: before ? [before] : [] }
    const result = conditionOf(rolloutStatus(deployment({ ...traits, status }), { current, old }, now), 'Progressing')
    if (after) t.match(result, after)
    else t.equal(result, undefined)
  })
}

const checks: [string, Traits, DeploymentCondition | undefined, number | undefined][] = [
  ['a check is due a second after the deadline', {}, progressing('ReplicaSetUpdated', 180), 421 * seconds],
  ['a deadline that has passed is looked at soon', {}, progressing('NewReplicaSetCreated', 900), 1 * seconds],
  ['no check after it was missed', {}, progressing('ProgressDeadlineExceeded', 180), undefined],
  ['no check after the end, though a pod be missing', {}, progressing('NewReplicaSetAvailable', 9000), undefined],
  ['no check without a deadline', { deadline: Number.NaN }, progressing('ReplicaSetUpdated', 180), undefined],
  ['no check without a condition', {}, undefined, undefined],
]
for (const [name, traits, condition, expected] of checks) {
  t.test(name, async (t) =>
    t.equal(progressCheckAfter(deployment(traits), { conditions: condition ? [condition] : [] }, now), expected),
  )
}

t.test('the counts are sums; of what is wanted, what is not available counts as unavailable', async (t) => {
  const current = replicaSet('web-new', 2, {
    replicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 1,
  })
  const old = [
    replicaSet('web-old', 2, { replicas: 3, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 2 }),
  ]
  t.match(deploymentStatus(deployment({ replicas: 3 }), { current, old }, now), {
    observedGeneration: 2,
    replicas: 5,
    updatedReplicas: 2,
    readyReplicas: 4,
    availableReplicas: 3,
    unavailableReplicas: 1,
    terminatingReplicas: 3,
  })
})

const terminating: [string, ReplicaSet['status'][], number | undefined][] = [
  ['none, where there is no replica set', [], 0],
  ['a replica set that nobody has seen yet counts none', [{ replicas: 0 }], 0],
  ['one that was seen and does not tell makes the sum unknown', [{ replicas: 1, observedGeneration: 1 }], undefined],
  [
    'else they add up',
    [
      { replicas: 1, terminatingReplicas: 2 },
      { replicas: 0, terminatingReplicas: 1 },
    ],
    3,
  ],
]
for (const [name, statuses, expected] of terminating) {
  t.test(`terminating pods: ${name}`, async (t) => {
    const old = statuses.map((status, index) => replicaSet(`old${index}`, 1, status))
    t.equal(deploymentStatus(deployment(), { current: undefined, old }, now).terminatingReplicas, expected)
  })
}

const availability: [string, Traits, number, string][] = [
  ['as many as may be missing are', { replicas: 3 }, 2, 'MinimumReplicasAvailable'],
  ['one more is too many', { replicas: 3 }, 1, 'MinimumReplicasUnavailable'],
  ['Recreate wants them all', { replicas: 3, strategy: { type: 'Recreate' } }, 2, 'MinimumReplicasUnavailable'],
  ['of none none is missing', { replicas: 0 }, 0, 'MinimumReplicasAvailable'],
]
for (const [name, traits, available, reason] of availability) {
  t.test(`availability: ${name}`, async (t) => {
    const current = replicaSet('web-new', 3, { replicas: 3, availableReplicas: available })
    t.equal(conditionOf(deploymentStatus(deployment(traits), { current, old: [] }, now), 'Available')?.reason, reason)
  })
}

const failure = (reason: string): ReplicaSet['status'] => ({
  replicas: 0,
  conditions: [
    { type: 'ReplicaFailure', status: 'True', reason, message: 'quota', lastTransitionTime: secondsAgo(50) },
  ],
})
t.test("what keeps the new replica set from its pods is told before the old ones' trouble", async (t) => {
  const revisions = {
    current: replicaSet('web-new', 1, failure('FailedCreate')),
    old: [replicaSet('web-old', 1, failure('FailedDelete'))],
  }
  t.match(conditionOf(rolloutStatus(deployment(), revisions, now), 'ReplicaFailure'), {
    reason: 'FailedCreate',
    lastUpdateTime: secondsAgo(50),
    lastTransitionTime: secondsAgo(50),
  })
})

t.test('a failure that turns into another keeps the time when failing began', async (t) => {
  const before = { ...progressing('FailedCreate', 300), type: 'ReplicaFailure' }
  const revisions = { current: replicaSet('web-new', 1, failure('FailedDelete')), old: [] }
  const status = rolloutStatus(deployment({ status: { conditions: [before] } }), revisions, now)
  t.match(conditionOf(status, 'ReplicaFailure'), {
    reason: 'FailedDelete',
    lastUpdateTime: secondsAgo(50),
    lastTransitionTime: secondsAgo(1000),
  })
  const healed = { current: whole('web-new', 1), old: [] }
  t.equal(
    conditionOf(rolloutStatus(deployment({ status: { conditions: [before] } }), healed, now), 'ReplicaFailure'),
    undefined,
  )
})
