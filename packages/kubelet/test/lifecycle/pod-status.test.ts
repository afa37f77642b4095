import type { ContainerStatus, Pod, PodStatus } from '@tandem/api/core/v1/types'
import t from 'tap'
import type { PodState } from '../../src/container-runtime/runtime.ts'
import { podStatus } from '../../src/lifecycle/pod-status.ts'
import { statusPatch } from '../../src/lifecycle/status-patch.ts'
import { container, exited, nothing, podOf, runs, sandbox, state } from '../fixtures.ts'

interface Row {
  name: string
  pod?: Pod
  state: PodState
  waiting?: Record<string, { reason: string; message?: string }>
  readiness?: boolean
  startup?: 'success' | 'unknown'
  old?: PodStatus
  terminal?: boolean
  phase: string
  /** Conditions as `Type=Status(Reason: message)`, those named alone. */
  conditions?: Record<string, string>
  containers?: Partial<ContainerStatus>[]
  init?: Partial<ContainerStatus>[]
}

const crash = { reason: 'CrashLoopBackOff', message: 'back-off 10s' }
const inits = podOf({ initContainers: [container('one')] })
const once = podOf({ restartPolicy: 'Never' })
const probed = podOf({ containers: [container('main', { readinessProbe: {} })] })

const rows: Row[] = [
  {
    name: 'nothing of it runs yet',
    state: nothing,
    phase: 'Pending',
    conditions: {
      PodReadyToStartContainers: 'False',
      Initialized: 'True',
      Ready: 'False(ContainersNotReady: containers with unready status: [main])',
      PodScheduled: 'True',
    },
    containers: [{ name: 'main', ready: false, started: false, state: { waiting: { reason: 'ContainerCreating' } } }],
  },
  {
    name: 'all of it runs',
    state: runs(state('main')),
    phase: 'Running',
    conditions: { PodReadyToStartContainers: 'True', Ready: 'True', ContainersReady: 'True' },
    containers: [{ ready: true, started: true, containerID: 'docker://main-0', restartCount: 0 }],
  },
  {
    name: 'a readiness probe has not answered',
    pod: probed,
    state: runs(state('main')),
    phase: 'Running',
    conditions: { Ready: 'False(ContainersNotReady: containers with unready status: [main])' },
    containers: [{ ready: false, started: true }],
  },
  {
    name: 'a readiness probe has answered',
    pod: probed,
    state: runs(state('main')),
    readiness: true,
    phase: 'Running',
    conditions: { Ready: 'True' },
  },
  {
    name: 'a startup probe has not answered',
    pod: podOf({ containers: [container('main', { startupProbe: {} })] }),
    state: runs(state('main')),
    startup: 'unknown',
    phase: 'Running',
    containers: [{ ready: false, started: false }],
  },
  {
    name: 'an init container runs',
    pod: inits,
    state: runs(state('one')),
    phase: 'Pending',
    conditions: { Initialized: 'False(ContainersNotInitialized: containers with incomplete status: [one])' },
    containers: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    init: [{ ready: false, started: true }],
  },
  {
    name: 'init containers are done',
    pod: inits,
    state: runs(exited('one', 0)),
    phase: 'Pending',
    conditions: { Initialized: 'True' },
    init: [{ ready: true, started: false }],
  },
  {
    name: 'an init container failed for good',
    pod: podOf({ restartPolicy: 'Never', initContainers: [container('one')] }),
    state: runs(exited('one', 2)),
    phase: 'Failed',
    conditions: { Ready: 'False(PodFailed)' },
  },
  {
    name: 'a container crashes again and again',
    state: runs(exited('main', 1, { attempt: 3 }), exited('main', 1, { attempt: 2 })),
    waiting: { main: crash },
    phase: 'Running',
    containers: [{ restartCount: 3, state: { waiting: crash } }],
  },
  {
    name: 'it ended well',
    pod: once,
    state: runs(exited('main', 0)),
    phase: 'Succeeded',
    conditions: { Ready: 'False(PodCompleted)', Initialized: 'True(PodCompleted)' },
  },
  {
    name: 'it ended badly',
    pod: once,
    state: runs(exited('main', 1)),
    phase: 'Failed',
    conditions: { Ready: 'False(PodFailed)', ContainersReady: 'False(PodFailed)' },
  },
  { name: 'a container that restarts keeps the pod running', state: runs(exited('main', 1)), phase: 'Running' },
  {
    name: 'a deleted pod has ended, whatever its policy',
    state: runs(exited('main', 137)),
    terminal: true,
    phase: 'Failed',
  },
  {
    name: 'an ended pod never runs again',
    state: runs(state('main')),
    old: { phase: 'Succeeded' },
    phase: 'Succeeded',
  },
  {
    name: 'the engine has forgotten a container that ran',
    pod: podOf({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    state: runs(),
    old: {
      containerStatuses: [
        { name: 'main', image: 'app:1', imageID: '', ready: true, restartCount: 0, state: { running: {} } },
      ],
    },
    phase: 'Running',
    containers: [
      { restartCount: 0, lastState: { terminated: { reason: 'ContainerStatusUnknown', exitCode: 137 } } as never },
    ],
  },
  {
    name: 'a readiness gate is missing',
    pod: podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] }),
    state: runs(state('main')),
    phase: 'Running',
    conditions: {
      Ready:
        'False(ReadinessGatesNotReady: corresponding condition of pod readiness gate "example.com/gate" does not exist.)',
      ContainersReady: 'True',
    },
  },
]

for (const row of rows) {
  t.test(row.name, async (t) => {
    const status = podStatus({
      pod: row.pod ?? podOf(),
      state: row.state,
      runtimeName: 'docker',
      probes: { liveness: () => 'success', startup: () => row.startup, readiness: () => row.readiness },
      waiting: new Map(Object.entries(row.waiting ?? {})),
      old: row.old ?? {},
      hostIPs: ['192.168.0.1'],
      terminal: row.terminal ?? false,
      now: Date.parse('2026-01-01T00:01:00Z'),
    })
    t.equal(status.phase, row.phase)
    for (const [type, wanted] of Object.entries(row.conditions ?? {})) {
      const found = status.conditions?.find((condition) => condition.type === type)
      const why = [found?.reason, found?.message].filter(Boolean).join(': ')
      t.equal(`${found?.status}${why ? `(${why})` : ''}`, wanted, type)
    }
    for (const [index, wanted] of (row.containers ?? []).entries()) t.match(status.containerStatuses?.[index], wanted)
    for (const [index, wanted] of (row.init ?? []).entries()) t.match(status.initContainerStatuses?.[index], wanted)
  })
}

t.test('a condition keeps the time of its last turn', async (t) => {
  const shared = {
    pod: podOf(),
    runtimeName: 'docker',
    probes: { liveness: () => undefined, startup: () => undefined, readiness: () => undefined },
    waiting: new Map(),
    hostIPs: [],
    terminal: false,
  }
  const first = podStatus({ ...shared, state: nothing, old: {}, now: 0 })
  const second = podStatus({ ...shared, state: runs(state('main')), old: first, now: 60_000 })
  const times = Object.fromEntries(
    (second.conditions ?? []).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
  )
  t.match(times, { PodScheduled: '1970-01-01T00:00:00Z', Ready: '1970-01-01T00:01:00Z' })
})

t.test('a patch clears what is no longer so, and takes old addresses out by name', async (t) => {
  const current: PodStatus = {
    reason: 'Old',
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    conditions: [
      { type: 'mine', status: 'True' },
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'unready' },
    ],
  }
  const wanted: PodStatus = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
  }
  t.same(statusPatch(current, wanted), {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }],
    reason: null,
    podIP: '10.0.0.2',
    podIPs: [{ $patch: 'delete', ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
  })
})

t.test("the address is the sandbox's, or the host's on its network", async (t) => {
  const shared = {
    runtimeName: 'docker',
    probes: { liveness: () => undefined, startup: () => undefined, readiness: () => undefined },
    waiting: new Map(),
    hostIPs: ['192.168.0.1'],
    terminal: false,
    old: {},
    now: 0,
  }
  t.match(podStatus({ ...shared, pod: podOf(), state: runs(state('main')) }), {
    podIP: '10.0.0.2',
    hostIP: '192.168.0.1',
  })
  const hosted = { sandboxes: [sandbox({ hostNetwork: true, ips: [] })], containers: [] }
  t.match(podStatus({ ...shared, pod: podOf({ hostNetwork: true }), state: hosted }), {
    podIP: '192.168.0.1',
    podIPs: [{ ip: '192.168.0.1' }],
  })
})
