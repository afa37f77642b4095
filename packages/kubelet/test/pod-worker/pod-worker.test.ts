import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { FakeRuntime } from '../../src/container-runtime/testing/fake-runtime.ts'
import { Directories } from '../../src/directories.ts'
import { ImageManager } from '../../src/images/image-manager.ts'
import { HookRunner } from '../../src/lifecycle/hook-runner.ts'
import { PodEvents } from '../../src/lifecycle/pod-events.ts'
import type { ProbeResult } from '../../src/pod-worker/pod-actions.ts'
import { PodWorker } from '../../src/pod-worker/pod-worker.ts'
import type { PodServices } from '../../src/pod-worker/services.ts'
import { container, podOf } from '../fixtures.ts'

const directory = await mkdtemp(join(tmpdir(), 'pod-worker-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))

/** Lets everything that is under way, the disk included, come to rest. */
const settle = async (): Promise<void> => {
  for (let round = 0; round < 50; round++) await new Promise((resolve) => setTimeout(resolve, 1))
}

function setUp(pod: Pod, { refusal }: { refusal?: { reason: string; message: string } } = {}) {
  const clock = new FakeClock()
  const runtime = new FakeRuntime(clock)
  const events: string[] = []
  const statuses: PodStatus[] = []
  const liveness = new Map<string, ProbeResult>()
  let finished = false
  let deletions = 0
  const podEvents = new PodEvents({
    record: ({ reason, message }) => void events.push(`${reason}: ${message}`),
    flush: async () => {},
  })
  const status = {
    get: () => statuses.at(-1),
    report: (_pod: Pod, now: PodStatus) => void statuses.push(now),
    finish: async () => void deletions++,
    forget: () => {},
  }
  const allocatable: Record<string, string> = {}
  const services = {
    runtime,
    status,
    events: podEvents,
    images: new ImageManager({ runtime, events: podEvents, clock, secret: async () => undefined, parallelPulls: 1 }),
    volumes: { mount: async () => ({ byName: new Map(), refreshAfter: undefined }), unmountPod: async () => {} },
    cgroups: { parentOf: () => '/k', createPod: async () => {}, removePod: async () => {} },
    probes: {
      liveness: (id: string) => liveness.get(id),
      startup: () => undefined,
      readiness: () => undefined,
      follow: () => {},
      stopLivenessAndStartup: () => {},
      forget: () => {},
    },
    hooks: new HookRunner({ runtime, clock }),
    directories: new Directories(join(directory, 'root'), join(directory, 'log')),
    objects: { configMap: async () => undefined, secret: async () => undefined, services: () => [] },
    node: {
      hostIPs: () => ['192.168.0.1'],
      allocatable: () => allocatable,
      memoryBytes: 1,
      dns: { servers: [], domain: '' },
      hostDns: () => ({ servers: [], searches: [], options: [] }),
    },
    clock,
    logger: silentLogger,
    logs: { follow: () => {}, remove: async () => {} },
    devices: { configure: async () => ({ env: [], mounts: [], devices: [] }) },
    dynamicResources: { prepare: async () => {}, configure: async () => ({ env: [], mounts: [], devices: [] }) },
    runtimeHandler: async () => '',
    admit: () => refusal,
    refusal: () => refusal,
  } as unknown as PodServices
  const worker = new PodWorker(pod, services, () => {
    finished = true
  })
  runtime.onChange = () => worker.notify()
  worker.notify()
  const last = (): PodStatus => statuses.at(-1) ?? {}
  const waiting = () => last().containerStatuses?.[0]?.state?.waiting
  return {
    clock,
    runtime,
    events,
    statuses,
    worker,
    liveness,
    allocatable,
    last,
    waiting,
    isFinished: () => finished,
    deletions: () => deletions,
  }
}

t.test('a pod comes up: sandbox first, containers in order', async (t) => {
  const { runtime, last } = setUp(podOf({ containers: [container('a'), container('b')] }))
  await settle()
  t.same(runtime.calls, ['runSandbox', 'start a', 'start b'])
  t.match(last(), { phase: 'Running', podIP: '10.0.0.1' })
  t.same(
    last().containerStatuses?.map(({ name, ready }) => [name, ready]),
    [
      ['a', true],
      ['b', true],
    ],
  )
})

t.test('a container that keeps crashing waits 10 s, then 20 s', async (t) => {
  const { runtime, clock, waiting, last, events } = setUp(podOf())
  await settle()
  runtime.exit('main-0', 1)
  await settle()
  t.equal(last().containerStatuses?.[0]?.restartCount, 1, 'the first restart comes at once')
  runtime.exit('main-1', 1)
  await settle()
  t.match(waiting(), {
    reason: 'CrashLoopBackOff',
    message: 'back-off 10s restarting failed container=main pod=web_default(u1)',
  })
  t.ok(events.includes('BackOff: Back-off restarting failed container main in pod web_default(u1)'))
  await clock.advance(9_900)
  await settle()
  t.equal(last().containerStatuses?.[0]?.restartCount, 1)
  await clock.advance(200)
  await settle()
  t.equal(last().containerStatuses?.[0]?.restartCount, 2)
  runtime.exit('main-2', 1)
  await settle()
  t.match(waiting(), { message: /^back-off 20s / })
  const { containers } = await runtime.podState('u1')
  t.same(
    containers.map(({ id }) => id),
    ['main-2', 'main-1'],
    'the last that ended is kept for its logs, older ones are not',
  )
})

t.test('what cannot be started is tried again with the same backoff', async (t) => {
  const { runtime, waiting, last } = setUp(podOf())
  runtime.unstartable.add('main')
  await settle()
  t.equal(waiting()?.reason, 'CrashLoopBackOff')
  t.match(last().containerStatuses?.[0]?.lastState?.terminated, { reason: 'ContainerCannotRun', exitCode: 127 })
  t.same(runtime.calls, ['runSandbox', 'start main', 'start main'])
})

t.test('a failed liveness probe stops the container with its grace period, and starts it again', async (t) => {
  const { runtime, liveness, worker, events } = setUp(podOf({ terminationGracePeriodSeconds: 12 }))
  await settle()
  liveness.set('main-0', 'failure')
  worker.notify()
  await settle()
  t.same(runtime.calls.slice(1), ['start main', 'stop main 12', 'start main'])
  t.ok(events.includes('Killing: Container main failed liveness probe, will be restarted'))
})

t.test('a pod is resized in place, or by a new start where it wants that', async (t) => {
  const sized = (cpu: string, memory: string) =>
    podOf({
      containers: [
        container('main', {
          resources: { requests: { cpu }, limits: { memory } },
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
        }),
      ],
    })
  const { runtime, worker, last, events, statuses } = setUp(sized('100m', '10Mi'))
  await settle()
  worker.update(sized('200m', '10Mi'))
  await settle()
  t.same(runtime.calls.slice(1), ['start main', 'update main'])
  t.match(last().containerStatuses, [{ restartCount: 0, resources: { requests: { cpu: '200m' } } }])
  worker.update(sized('200m', '20Mi'))
  await settle()
  t.same(runtime.calls.slice(3), ['stop main 30', 'start main'])
  t.ok(statuses.some(({ conditions }) => conditions?.some(({ type }) => type === 'PodResizeInProgress')))
  t.notOk(last().conditions?.some(({ type }) => type.startsWith('PodResize')))
  t.ok(events.includes('Killing: Container main resize requires restart'))
  t.match(last().containerStatuses, [{ restartCount: 1, resources: { limits: { memory: '20Mi' } } }])
})

t.test('a resize that the node cannot grant waits, and the pod keeps what it has', async (t) => {
  const sized = (cpu: string) => podOf({ containers: [container('main', { resources: { requests: { cpu } } })] })
  const { runtime, worker, last, allocatable } = setUp(sized('1'))
  await settle()
  allocatable.cpu = '2'
  worker.update(sized('3'))
  await settle()
  t.notOk(runtime.calls.includes('update main'))
  t.match(last(), {
    conditions: [
      {},
      {},
      {},
      {},
      {},
      {
        type: 'PodResizePending',
        status: 'True',
        reason: 'Infeasible',
        message: "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000",
      },
    ],
    containerStatuses: [{ allocatedResources: { cpu: '1' } }],
  })
  worker.update(sized('2'))
  await settle()
  t.notOk(last().conditions?.some(({ type }) => type === 'PodResizePending'))
  t.match(last().containerStatuses, [{ allocatedResources: { cpu: '2' } }])
})

t.test('a pod that ran once ends, and its containers stay for their logs', async (t) => {
  const { runtime, last, worker } = setUp(podOf({ restartPolicy: 'Never' }))
  await settle()
  runtime.exit('main-0', 0)
  await settle()
  t.equal(last().phase, 'Succeeded')
  t.equal(worker.stage, 'terminated')
  t.equal((await runtime.podState('u1')).containers.length, 1)
})

t.test('a deleted pod is ended, reported, and taken away', async (t) => {
  const { runtime, worker, last, isFinished, deletions } = setUp(podOf())
  await settle()
  worker.update(podOf({}, { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 5 }))
  await settle()
  t.ok(runtime.calls.includes('stop main 5'))
  t.match(last(), { phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 143 } } }] })
  t.same(await runtime.podState('u1'), { sandboxes: [], containers: [] })
  t.same([isFinished(), deletions()], [true, 1])
})

t.test('sidecars end after the containers beside which they run', async (t) => {
  const initContainers = [container('side', { restartPolicy: 'Always' })]
  const { runtime, worker } = setUp(podOf({ initContainers }))
  await settle()
  worker.update(podOf({ initContainers }, { deletionTimestamp: 'now', deletionGracePeriodSeconds: 5 }))
  await settle()
  t.same(runtime.calls, ['runSandbox', 'start side', 'start main', 'stop main 5', 'stop side 5'])
})

t.test('a pod whose sandbox died gets another, and its containers after their backoff', async (t) => {
  const { runtime, last, events } = setUp(podOf())
  await settle()
  runtime.killSandbox('sandbox-0')
  await settle()
  t.same(runtime.calls, ['runSandbox', 'start main', 'runSandbox', 'start main'])
  t.match(last(), {
    podIP: '10.0.0.2',
    containerStatuses: [{ restartCount: 1, lastState: { terminated: { exitCode: 137 } } }],
  })
  t.ok(events.includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'))
})

t.test('a pod that the node cannot take never starts', async (t) => {
  const { runtime, last, events } = setUp(podOf(), { refusal: { reason: 'OutOfcpu', message: 'no cpu' } })
  await settle()
  t.same(runtime.calls, [])
  t.match(last(), { phase: 'Failed', reason: 'OutOfcpu', message: 'no cpu' })
  t.same(events, ['OutOfcpu: no cpu'])
})

t.test('a pod past its deadline is ended at that moment', async (t) => {
  const { runtime, clock, last } = setUp(podOf({ activeDeadlineSeconds: 60 }))
  await settle()
  await clock.advance(59_000)
  await settle()
  t.equal(last().phase, 'Running')
  await clock.advance(1_500)
  await settle()
  t.match(last(), { phase: 'Failed', reason: 'DeadlineExceeded' })
  t.ok(runtime.calls.includes('stop main 30'))
})
