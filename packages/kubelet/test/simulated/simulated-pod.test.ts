import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { durationAnnotation, durationOf, isSettled, simulatedStatus } from '../../src/simulated/simulated-pod.ts'

const now = Date.parse('2026-01-01T00:00:00Z')

const pod = (spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    resourceVersion: '1',
    ...metadata,
  },
  spec: { nodeName: 'simulated-0', containers: [{ name: 'main', image: 'app:1' }], ...spec },
})

const statusOf = (given: Pod, stage: 'running' | 'completed' | 'killed') =>
  simulatedStatus({ pod: given, stage, address: '198.18.0.1', now })

const conditions = (given: Pod, stage: 'running' | 'completed' | 'killed') =>
  Object.fromEntries((statusOf(given, stage).conditions ?? []).map(({ type, status }) => [type, status]))

const job = { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j1', controller: true }] }

t.test('a pod that runs is as a kubelet would report it', (t) => {
  const probed = { name: 'main', image: 'app:1', readinessProbe: {}, startupProbe: {} }
  const sidecar = { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }
  const status = statusOf(
    pod({ containers: [probed], initContainers: [{ name: 'init', image: 'i:1' }, sidecar] }),
    'running',
  )
  t.match(status, {
    phase: 'Running',
    podIP: '198.18.0.1',
    podIPs: [{ ip: '198.18.0.1' }],
    startTime: '2026-01-01T00:00:00Z',
    qosClass: 'BestEffort',
    containerStatuses: [
      { name: 'main', ready: true, started: true, image: 'app:1', restartCount: 0, state: { running: {} } },
    ],
    initContainerStatuses: [
      { name: 'init', ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      { name: 'proxy', ready: true, started: true, state: { running: {} } },
    ],
  })
  t.end()
})

t.test('conditions', (t) => {
  const all = {
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
    PodScheduled: 'True',
  }
  t.same(conditions(pod(), 'running'), all)
  t.match(conditions(pod({ readinessGates: [{ conditionType: 'gate' }] }), 'running'), {
    Ready: 'False',
    ContainersReady: 'True',
  })
  t.match(conditions(pod({ restartPolicy: 'Never' }), 'completed'), { Ready: 'False', Initialized: 'True' })
  t.end()
})

t.test('how a pod ends', (t) => {
  t.match(statusOf(pod({ restartPolicy: 'Never' }), 'completed'), {
    phase: 'Succeeded',
    containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
  })
  t.match(statusOf(pod({ restartPolicy: 'Always' }), 'killed'), {
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'Error' } } }],
  })
  t.end()
})

const never = { restartPolicy: 'Never' } as const
const takes = (duration: string) => ({ annotations: { [durationAnnotation]: duration } })
const durations: [string, Pod, number | undefined][] = [
  ['a pod that is restarted runs on', pod({ restartPolicy: 'Always' }, takes('5s')), undefined],
  ['a pod of nobody runs until it is stopped', pod(never), undefined],
  ['a pod of a Job is done at once', pod(never, job), 0],
  ['a Job’s pod as long as it says', pod(never, { ...job, ...takes('1.5s') }), 1500],
  ['any pod that is not restarted', pod({ restartPolicy: 'OnFailure' }, takes('2m')), 120_000],
  ['what cannot be read is not there', pod(never, takes('soon')), undefined],
]
for (const [name, given, expected] of durations)
  t.test(name, (t) => {
    t.equal(durationOf(given), expected)
    t.end()
  })

t.test('a pod is settled when its status says what it would say', (t) => {
  const gated = pod({ readinessGates: [{ conditionType: 'gate' }] })
  for (const given of [pod(), gated]) {
    t.notOk(isSettled(given))
    t.ok(isSettled({ ...given, status: statusOf(given, 'running') }))
  }
  const opened = statusOf(gated, 'running')
  opened.conditions?.push({ type: 'gate', status: 'True' })
  t.notOk(isSettled({ ...gated, status: opened }), 'its gate has opened')
  t.end()
})
