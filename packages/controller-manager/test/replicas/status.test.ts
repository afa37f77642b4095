import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { nextAvailability, replicaStatus } from '../../src/replicas/status.ts'
import type { ReplicaCondition, ReplicaStatus, ReplicaWorkload } from '../../src/replicas/workload.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const secondsAgo = (seconds: number): string => `${new Date(now - seconds * 1000).toISOString().slice(0, 19)}Z`

const workload = (spec: { replicas?: number; minReadySeconds?: number }, status?: ReplicaStatus): ReplicaWorkload =>
  ({
    metadata: { name: 'web', generation: 4 },
    spec: { replicas: 2, template: { metadata: { labels: { app: 'web' } } }, ...spec },
    ...(status && { status }),
  }) as unknown as ReplicaWorkload

/** Ready for so many seconds, or not at all. */
const pod = (readyFor?: number, labels: Record<string, string> = { app: 'web' }): Pod =>
  ({
    metadata: { name: 'web-x', labels },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions:
        readyFor === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: secondsAgo(readyFor) }],
    },
  }) as unknown as Pod
const none = { terminating: [], failure: undefined, now }

t.test('pods are counted as ready, available after a while, and labelled as the template says', async (t) => {
  const active = [pod(30), pod(29), pod(), pod(100, { app: 'other' })]
  t.same(replicaStatus(workload({ minReadySeconds: 30 }), { ...none, active, terminating: [pod()] }), {
    replicas: 4,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 2,
    terminatingReplicas: 1,
    observedGeneration: 4,
  })
})

const failed = (reason: string, message: string): ReplicaCondition => ({
  type: 'ReplicaFailure',
  status: 'True',
  lastTransitionTime: secondsAgo(60),
  reason,
  message,
})
interface FailureRow {
  replicas: number
  before?: ReplicaCondition[]
  failure: string | undefined
  after: ReplicaCondition[] | undefined
}
const failures: Record<string, FailureRow> = {
  'too few pods and an error: they could not be made': {
    replicas: 2,
    failure: 'exceeded quota',
    after: [{ ...failed('FailedCreate', 'exceeded quota'), lastTransitionTime: secondsAgo(0) }],
  },
  'too many and an error: they could not be deleted': {
    replicas: 0,
    failure: 'unable to delete pods: no',
    after: [{ ...failed('FailedDelete', 'unable to delete pods: no'), lastTransitionTime: secondsAgo(0) }],
  },
  'what went wrong first stays': {
    replicas: 2,
    before: [failed('FailedCreate', 'exceeded quota')],
    failure: 'another',
    after: [failed('FailedCreate', 'exceeded quota')],
  },
  'no error, no condition': {
    replicas: 2,
    before: [failed('FailedCreate', 'exceeded quota')],
    failure: undefined,
    after: undefined,
  },
}
for (const [name, { replicas, before, failure, after }] of Object.entries(failures)) {
  t.test(name, async (t) => {
    const status = before && { replicas: 1, conditions: before }
    const { conditions } = replicaStatus(workload({ replicas }, status), { ...none, active: [pod(10)], failure })
    t.same(conditions, after)
  })
}

const waits: [string, Pod[], number | undefined][] = [
  ['nobody is waited for when none is ready', [pod()], undefined],
  ['nor when all have been long enough', [pod(30), pod(31)], undefined],
  ['of several the first to get there', [pod(10), pod(25), pod(30), pod()], 5000],
]
for (const [name, active, expected] of waits) {
  t.test(name, async (t) => t.equal(nextAvailability(active, 30, now), expected))
}
