import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod } from '@tandem/api/core/v1/types'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { DiskMeter } from '../../src/eviction/disk-meter.ts'
import { type Eviction, EvictionManager } from '../../src/eviction/eviction-manager.ts'
import { storageFault } from '../../src/eviction/local-storage.ts'
import { evictionText } from '../../src/eviction/messages.ts'
import type { PodUse } from '../../src/eviction/pod-use.ts'
import { rankForEviction } from '../../src/eviction/ranking.ts'
import type { Observations, Signal } from '../../src/eviction/signals.ts'
import { parseThresholds, type ThresholdFlags, thresholdsMet } from '../../src/eviction/thresholds.ts'
import { container, podOf } from '../fixtures.ts'

const mebi = 1024 ** 2
const flags: ThresholdFlags = {
  evictionHard: {},
  evictionSoft: {},
  evictionSoftGracePeriod: {},
  evictionMinimumReclaim: {},
}

const refusedFlags: [Partial<ThresholdFlags>, string][] = [
  [{ evictionHard: { 'memory.free': '1Mi' } }, 'unsupported eviction signal memory.free'],
  [{ evictionHard: { 'memory.available': '-1Mi' } }, 'eviction threshold memory.available must be positive: -1Mi'],
  [
    { evictionHard: { 'nodefs.available': '101%' } },
    'eviction percentage threshold nodefs.available must be <= 100%: 101%',
  ],
  [
    { evictionSoft: { 'memory.available': '1Mi' } },
    'grace period must be specified for the soft eviction threshold memory.available',
  ],
  [
    { evictionMinimumReclaim: { 'imagefs.available': '-1' } },
    'negative eviction minimum reclaim specified for imagefs.available',
  ],
]
for (const [given, message] of refusedFlags)
  t.test(`refused: ${message}`, async (t) => {
    t.throws(() => parseThresholds({ ...flags, ...given }), { message })
  })

t.test('thresholds are amounts or shares; all and nothing are none', async (t) => {
  const thresholds = parseThresholds({
    ...flags,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'imagefs.available': '0%' },
  })
  t.same(
    thresholds.map(({ signal }) => signal),
    ['memory.available', 'nodefs.available', 'allocatableMemory.available'],
  )
  const observations: Observations = new Map([
    ['memory.available', { available: 100 * mebi, capacity: 1000 * mebi }],
    ['nodefs.available', { available: 99, capacity: 1000 }],
  ])
  t.same(
    thresholdsMet(thresholds, observations).map(({ signal }) => signal),
    ['nodefs.available'],
    'exactly the threshold is enough',
  )
})

const use = (more: Partial<PodUse> = {}): PodUse => ({
  memoryBytes: 0,
  processes: 0,
  containers: [],
  volumes: new Map(),
  ...more,
})
const named = (name: string, spec: Partial<Pod['spec']> = {}) => podOf(spec, { name, uid: name })
const asking = (name: string, memory: string, more: Partial<Pod['spec']> = {}) =>
  named(name, { containers: [container('main', { resources: { requests: { memory } } })], ...more })
const layer = (bytes: number, inodes = 1): PodUse =>
  use({ containers: [{ name: 'main', memoryBytes: 0, writableLayer: { bytes, inodes } }] })

const rankings: { name: string; signal: Signal; pods: Pod[]; uses: [string, PodUse][]; order: string[] }[] = [
  {
    name: 'who uses more memory than requested goes first, then priority, then the excess',
    signal: 'memory.available',
    pods: [
      asking('within', '100Mi'),
      asking('precious', '0', { priority: 10 }),
      asking('over', '10Mi'),
      asking('far-over', '10Mi'),
    ],
    uses: [
      ['within', use({ memoryBytes: 90 * mebi })],
      ['precious', use({ memoryBytes: 500 * mebi })],
      ['over', use({ memoryBytes: 20 * mebi })],
      ['far-over', use({ memoryBytes: 40 * mebi })],
    ],
    order: ['far-over', 'over', 'precious', 'within'],
  },
  {
    name: 'a pod of which nothing is known goes before all others',
    signal: 'memory.available',
    pods: [asking('known', '0'), asking('unknown', '0')],
    uses: [['known', use({ memoryBytes: 1 })]],
    order: ['unknown', 'known'],
  },
  {
    name: 'of processes priority comes first, then their number',
    signal: 'pid.available',
    pods: [named('many', { priority: 1 }), named('few'), named('some')],
    uses: [
      ['many', use({ processes: 100 })],
      ['few', use({ processes: 1 })],
      ['some', use({ processes: 5 })],
    ],
    order: ['some', 'few', 'many'],
  },
  {
    name: 'of disk the writable layers, logs and volumes count',
    signal: 'nodefs.available',
    pods: [named('small'), named('large'), named('volume', { volumes: [{ name: 'v', emptyDir: {} }] })],
    uses: [
      ['small', layer(1)],
      ['large', layer(50)],
      ['volume', use({ volumes: new Map([['v', { bytes: 90, inodes: 1 }]]) })],
    ],
    order: ['volume', 'large', 'small'],
  },
  {
    name: 'of inodes the number of files',
    signal: 'nodefs.inodesFree',
    pods: [named('bytes'), named('files')],
    uses: [
      ['bytes', layer(1000, 1)],
      ['files', layer(1, 1000)],
    ],
    order: ['files', 'bytes'],
  },
]
for (const { name, signal, pods, uses, order } of rankings)
  t.test(name, async (t) => {
    const ranked = rankForEviction(pods, { signal, uses: new Map(uses), dedicatedImageFs: false })
    t.same(
      ranked.map(({ metadata }) => metadata.name),
      order,
    )
  })

t.test('an eviction says what was short and who took it', async (t) => {
  const { message, annotations } = evictionText(asking('web', '10Mi'), {
    resource: 'memory',
    use: use({ containers: [{ name: 'main', memoryBytes: 20 * mebi }] }),
    thresholds: parseThresholds({ ...flags, evictionHard: { 'memory.available': '100Mi' } }),
    observations: new Map([['memory.available', { available: 50 * mebi, capacity: 1000 * mebi }]]),
  })
  t.equal(
    message,
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container main was using 20Mi, request is 10Mi, has larger consumption of memory. ',
  )
  t.same(annotations, {
    starved_resource: 'memory',
    offending_containers: 'main',
    offending_containers_usage: '20Mi',
  })
})

const limited = (limits: Record<string, string>) => [container('main', { resources: { limits } })]
const faults: { name: string; pod: Pod; use: PodUse; message?: string }[] = [
  {
    name: 'an emptyDir within its limit',
    pod: podOf({ volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] }),
    use: use({ volumes: new Map([['v', { bytes: mebi, inodes: 1 }]]) }),
  },
  {
    name: 'an emptyDir beyond its limit',
    pod: podOf({ volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] }),
    use: use({ volumes: new Map([['v', { bytes: mebi + 1, inodes: 1 }]]) }),
    message: 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
  },
  {
    name: 'a pod beyond the limits of its containers together',
    pod: podOf({
      containers: limited({ 'ephemeral-storage': '1Mi' }),
      volumes: [{ name: 'v', emptyDir: {} }],
    }),
    use: use({ volumes: new Map([['v', { bytes: 2 * mebi, inodes: 1 }]]) }),
    message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
  },
  {
    name: 'a container beyond its own limit',
    pod: podOf({
      containers: [
        ...limited({ 'ephemeral-storage': '1Mi' }),
        container('other', { resources: { limits: { 'ephemeral-storage': '9Mi' } } }),
      ],
    }),
    use: layer(2 * mebi),
    message: 'Container main exceeded its local ephemeral storage limit "1Mi". ',
  },
]
for (const { name, pod, use, message } of faults)
  t.test(name, async (t) => t.equal(storageFault(pod, use, { dedicatedImageFs: false })?.message, message))

function setUp(given: Partial<ThresholdFlags>, pods: Pod[], uses: [string, PodUse][] = []) {
  const clock = new FakeClock()
  const evicted: (Eviction & { name: string })[] = []
  const available = new Map<Signal, number>()
  let conditionChanges = 0
  let reclaims = 0
  const manager: EvictionManager = new EvictionManager({
    thresholds: parseThresholds({ ...flags, ...given }),
    pressureTransitionPeriod: 60_000,
    maxPodGracePeriodSeconds: 20,
    monitoringInterval: 10_000,
    observe: async () =>
      new Map([...available].map(([signal, available]) => [signal, { available, capacity: 1000 * mebi }])),
    uses: async () => new Map(uses),
    dedicatedImageFs: async () => false,
    pods: () => pods.filter(({ metadata }) => !evicted.some(({ name }) => name === metadata.name)),
    evict: ({ metadata }, eviction) => void evicted.push({ ...eviction, name: metadata.name }),
    isOver: () => true,
    reclaimDisk: async () => void reclaims++,
    onAttempt: () => {},
    onConditions: () => void conditionChanges++,
    clock,
    logger: silentLogger,
    signal: new AbortController().signal,
  })
  const names = () => evicted.map(({ name }) => name)
  return { clock, manager, available, evicted, names, changes: () => conditionChanges, reclaims: () => reclaims }
}

t.test('under hard pressure one pod goes at a time, at once, and never a critical one', async (t) => {
  const critical = asking('critical', '0', { priority: 2_000_000_000 })
  const { manager, available, evicted, names, changes } = setUp(
    { evictionHard: { 'memory.available': '100Mi' } },
    [critical, asking('a', '0'), asking('b', '0')],
    [
      ['critical', use({ memoryBytes: 900 * mebi })],
      ['a', use({ memoryBytes: 10 * mebi })],
      ['b', use({ memoryBytes: 20 * mebi })],
    ],
  )
  available.set('memory.available', 99 * mebi)
  await manager.synchronize()
  t.same(names(), ['b'])
  t.match(evicted, [{ gracePeriodSeconds: 1, signal: 'memory.available', disruption: true }])
  t.same([...manager.conditions], ['MemoryPressure'])
  await manager.synchronize()
  t.same(names(), ['b', 'a'])
  t.same(await manager.synchronize(), [])
  t.equal(changes(), 1)
})

t.test('a soft threshold gives the node time, and its pods some', async (t) => {
  const { clock, manager, available, evicted } = setUp(
    {
      evictionSoft: { 'memory.available': '200Mi' },
      evictionSoftGracePeriod: { 'memory.available': '1m' },
    },
    [asking('a', '0', { terminationGracePeriodSeconds: 7 })],
    [['a', use()]],
  )
  available.set('memory.available', 150 * mebi)
  await manager.synchronize()
  await clock.advance(59_000)
  await manager.synchronize()
  t.same(evicted, [])
  t.same([...manager.conditions], ['MemoryPressure'], 'the condition is there at once')
  await clock.advance(1000)
  await manager.synchronize()
  t.match(evicted, [{ name: 'a', gracePeriodSeconds: 7 }])
})

t.test('a minimum to reclaim keeps evicting until there is that much more', async (t) => {
  const { manager, available, names } = setUp(
    { evictionHard: { 'memory.available': '100Mi' }, evictionMinimumReclaim: { 'memory.available': '50Mi' } },
    [asking('a', '0'), asking('b', '0')],
  )
  available.set('memory.available', 90 * mebi)
  await manager.synchronize()
  available.set('memory.available', 140 * mebi)
  await manager.synchronize()
  t.equal(names().length, 2)
  available.set('memory.available', 150 * mebi)
  t.same(await manager.synchronize(), [])
})

t.test('a condition stays for the transition period', async (t) => {
  const { clock, manager, available, changes } = setUp({ evictionHard: { 'pid.available': '100' } }, [])
  available.set('pid.available', 50)
  await manager.synchronize()
  available.set('pid.available', 5000)
  await clock.advance(59_000)
  await manager.synchronize()
  t.same([...manager.conditions], ['PIDPressure'])
  await clock.advance(1000)
  await manager.synchronize()
  t.same([...manager.conditions], [])
  t.equal(changes(), 2)
})

t.test('what nobody uses is taken away before a pod is', async (t) => {
  const { manager, available, names, reclaims } = setUp({ evictionHard: { 'nodefs.available': '10%' } }, [named('a')])
  available.set('nodefs.available', 99 * mebi)
  await manager.synchronize()
  t.same([reclaims(), names()], [1, ['a']])
})

t.test('who may start under pressure', async (t) => {
  const { manager, available } = setUp({ evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%' } }, [])
  const critical = podOf({ priority: 2_000_000_000 })
  const tolerant = podOf({ tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] })
  t.equal(manager.refusal(podOf()), undefined)
  available.set('memory.available', mebi)
  await manager.synchronize()
  t.same(manager.refusal(podOf()), { reason: 'Evicted', message: 'The node had condition: [MemoryPressure]. ' })
  for (const pod of [critical, tolerant, asking('a', '1Mi')]) t.equal(manager.refusal(pod), undefined)
  available.set('nodefs.available', mebi)
  await manager.synchronize()
  t.equal(manager.refusal(tolerant)?.message, 'The node had condition: [DiskPressure MemoryPressure]. ')
  t.equal(manager.refusal(critical), undefined)
})

t.test('a disk is measured file by file, and what is missing takes nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'disk-meter-'))
  t.teardown(() => rm(directory, { recursive: true }))
  await mkdir(join(directory, 'a'))
  await writeFile(join(directory, 'a', 'file'), Buffer.alloc(3 * mebi, 1))
  const clock = new FakeClock()
  const meter = new DiskMeter(clock)
  const { bytes, inodes } = await meter.measure(directory)
  t.ok(bytes >= 3 * mebi && bytes < 4 * mebi, String(bytes))
  t.equal(inodes, 3)
  t.same(await meter.measure(join(directory, 'none')), { bytes: 0, inodes: 0 })
})
