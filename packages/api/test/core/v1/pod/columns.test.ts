import t from 'tap'
import { pods } from '../../../../src/core/v1/pod.ts'
import type { ContainerStatus, Pod, PodStatus } from '../../../../src/core/v1/types.ts'
import { noon, row } from '../../../rules.ts'

const seconds = (ago: number): string => new Date(noon - ago * 1000).toISOString()

type Status = Partial<ContainerStatus>
const running: Status = { ready: true, state: { running: {} } }
const unready: Status = { ready: false, state: { running: {} } }
const waiting = (reason: string): Status => ({ state: { waiting: { reason } } })
const ended = (exitCode: number, more: object = {}): Status => ({ state: { terminated: { exitCode, ...more } } })

const named = (prefix: string, list: readonly Status[]): ContainerStatus[] =>
  list.map((status, i) => ({ name: `${prefix}${i}`, ready: false, restartCount: 0, image: '', imageID: '', ...status }))

interface Row {
  name: string
  containers?: Status[]
  init?: Status[]
  /** Which of the init containers are sidecars. */
  sidecars?: number[]
  status?: PodStatus
  deleted?: true
  expected: [ready: string, status: string, restarts: string]
}

const ready: PodStatus = { conditions: [{ type: 'Ready', status: 'True' }] }
const initialized: PodStatus = { conditions: [{ type: 'Initialized', status: 'True' }] }

const rows: Row[] = [
  { name: 'waiting for a node', expected: ['0/1', 'Pending', '0'], status: { phase: 'Pending' } },
  {
    name: 'held back by gates',
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    expected: ['0/1', 'SchedulingGated', '0'],
  },
  { name: 'starting', containers: [waiting('ContainerCreating')], expected: ['0/1', 'ContainerCreating', '0'] },
  { name: 'running', containers: [running], expected: ['1/1', 'Running', '0'] },
  { name: 'running, not ready', containers: [running, unready], expected: ['1/2', 'Running', '0'] },
  {
    name: 'an image that cannot be pulled',
    containers: [waiting('ImagePullBackOff')],
    expected: ['0/1', 'ImagePullBackOff', '0'],
  },
  {
    name: 'crashing again and again',
    containers: [
      {
        ...waiting('CrashLoopBackOff'),
        restartCount: 3,
        lastState: { terminated: { exitCode: 1, finishedAt: seconds(5) } },
      },
    ],
    expected: ['0/1', 'CrashLoopBackOff', '3 (5s ago)'],
  },
  {
    name: 'the last of several restarts',
    containers: [
      { ...running, restartCount: 1, lastState: { terminated: { exitCode: 1, finishedAt: seconds(600) } } },
      { ...running, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt: seconds(60) } } },
    ],
    expected: ['2/2', 'Running', '3 (60s ago)'],
  },
  {
    name: 'done',
    status: { phase: 'Succeeded' },
    containers: [ended(0, { reason: 'Completed' })],
    expected: ['0/1', 'Completed', '0'],
  },
  {
    name: 'failed',
    status: { phase: 'Failed' },
    containers: [ended(1, { reason: 'Error' })],
    expected: ['0/1', 'Error', '0'],
  },
  { name: 'killed for memory', containers: [ended(137, { reason: 'OOMKilled' })], expected: ['0/1', 'OOMKilled', '0'] },
  { name: 'ended with a code and no reason', containers: [ended(7)], expected: ['0/1', 'ExitCode:7', '0'] },
  { name: 'ended by a signal', containers: [ended(137, { signal: 9 })], expected: ['0/1', 'Signal:9', '0'] },
  {
    name: 'one done, one running',
    status: ready,
    containers: [ended(0, { reason: 'Completed' }), running],
    expected: ['1/2', 'Running', '0'],
  },
  {
    name: 'one done, one running, the pod not ready',
    containers: [ended(0, { reason: 'Completed' }), running],
    expected: ['1/2', 'NotReady', '0'],
  },
  {
    name: 'one done, one failed',
    containers: [ended(0, { reason: 'Completed' }), ended(1, { reason: 'Error' })],
    expected: ['0/2', 'Error', '0'],
  },
  { name: 'evicted', status: { phase: 'Failed', reason: 'Evicted' }, expected: ['0/1', 'Evicted', '0'] },
  { name: 'going', deleted: true, containers: [running], expected: ['1/1', 'Terminating', '0'] },
  {
    name: 'gone by itself before',
    deleted: true,
    status: { phase: 'Succeeded' },
    containers: [ended(0, { reason: 'Completed' })],
    expected: ['0/1', 'Completed', '0'],
  },
  { name: 'going, on a lost node', deleted: true, status: { reason: 'NodeLost' }, expected: ['0/1', 'Unknown', '0'] },
  {
    name: 'first of two init containers',
    init: [unready, waiting('PodInitializing')],
    containers: [waiting('PodInitializing')],
    expected: ['0/1', 'Init:0/2', '0'],
  },
  {
    name: 'second of two init containers',
    init: [ended(0), unready],
    containers: [waiting('PodInitializing')],
    expected: ['0/1', 'Init:1/2', '0'],
  },
  {
    name: 'an init container that crashes',
    init: [{ ...waiting('CrashLoopBackOff'), restartCount: 2 }],
    containers: [waiting('PodInitializing')],
    expected: ['0/1', 'Init:CrashLoopBackOff', '2'],
  },
  {
    name: 'an init container that failed',
    init: [ended(1, { reason: 'Error' })],
    expected: ['0/1', 'Init:Error', '0'],
  },
  { name: 'an init container that failed with a code', init: [ended(3)], expected: ['0/1', 'Init:ExitCode:3', '0'] },
  {
    name: 'an init container ended by a signal',
    init: [ended(137, { signal: 9 })],
    expected: ['0/1', 'Init:Signal:9', '0'],
  },
  {
    name: 'restarts of init containers are forgotten',
    init: [{ ...ended(0), restartCount: 5 }],
    containers: [running],
    expected: ['1/1', 'Running', '0'],
  },
  {
    name: 'a sidecar counts',
    init: [{ ...running, started: true, restartCount: 1 }],
    sidecars: [0],
    containers: [running],
    expected: ['2/2', 'Running', '1'],
  },
  {
    name: 'a sidecar that has not started',
    init: [unready],
    sidecars: [0],
    containers: [waiting('PodInitializing')],
    expected: ['0/2', 'Init:0/1', '0'],
  },
  {
    name: 'a sidecar that crashes once all is initialized',
    init: [waiting('CrashLoopBackOff')],
    sidecars: [0],
    status: initialized,
    containers: [running],
    expected: ['1/2', 'Init:CrashLoopBackOff', '0'],
  },
]

function podOf({ containers = [], init = [], sidecars = [], status, deleted }: Row): Pod {
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}` }))
  return {
    metadata: {
      name: 'web',
      creationTimestamp: seconds(600),
      ...(deleted && { deletionTimestamp: seconds(1) }),
    },
    spec: {
      containers: names('c', Math.max(containers.length, 1)),
      initContainers: names('i', init.length).map((container, i) =>
        sidecars.includes(i) ? { ...container, restartPolicy: 'Always' } : container,
      ),
    },
    status: {
      phase: 'Running',
      containerStatuses: named('c', containers),
      initContainerStatuses: named('i', init),
      ...status,
    },
  } as unknown as Pod
}

for (const each of rows)
  t.test(each.name, async (t) => {
    const [Ready, Status, Restarts] = each.expected
    t.match(row(pods, podOf(each), noon), { Name: 'web', Ready, Status, Restarts, Age: '10m' })
  })

t.test('wide', async (t) => {
  const empty = podOf({ name: '', expected: ['', '', ''] })
  t.match(row(pods, empty, noon), {
    IP: '<none>',
    Node: '<none>',
    'Nominated Node': '<none>',
    'Readiness Gates': '<none>',
  })
  const full = structuredClone(empty)
  full.spec.nodeName = 'n1'
  full.spec.readinessGates = [{ conditionType: 'a.example/x' }, { conditionType: 'a.example/y' }]
  full.status = {
    podIPs: [{ ip: '10.244.0.7' }],
    nominatedNodeName: 'n2',
    conditions: [{ type: 'a.example/x', status: 'True' }],
  }
  t.match(row(pods, full, noon), { IP: '10.244.0.7', Node: 'n1', 'Nominated Node': 'n2', 'Readiness Gates': '1/2' })
})
