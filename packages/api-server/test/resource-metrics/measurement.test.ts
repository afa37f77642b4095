import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { KubeletScrapes } from '../../src/resource-metrics/kubelet-scrapes.ts'
import { measureNode, measurePod, type ScrapePair } from '../../src/resource-metrics/measurement.ts'
import { parseScrape, type Scrape } from '../../src/resource-metrics/scrape.ts'

const at = Date.parse('2026-01-01T00:01:00Z')

const text = `# HELP container_cpu_usage_seconds_total Cumulative cpu time consumed by the container in core-seconds
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 10.5 ${at}
container_cpu_usage_seconds_total{container="half",namespace="default",pod="web"} 1 ${at}
container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 1.048576e+06 ${at}
container_memory_working_set_bytes{pod="other",namespace="default",container="main"} 5 ${at}
container_start_time_seconds{container="main",namespace="default",pod="web"} 1.7672256e+09
node_cpu_usage_seconds_total 100.25
node_memory_working_set_bytes 4096
node_swap_usage_bytes 0
pod_cpu_usage_seconds_total{namespace="default",pod="web"} 11
resource_scrape_error 0
`

t.test('an answer is read, and what lacks a figure left out', async (t) => {
  const { node, pods } = parseScrape(text, at + 5)
  t.same(node, { time: at + 5, cpuSeconds: 100.25, workingSetBytes: 4096 })
  t.same(
    [...(pods.get('default/web') ?? [])],
    [['main', { time: at, cpuSeconds: 10.5, workingSetBytes: 1048576, startedAt: 1767225600000 }]],
  )
  t.equal(pods.get('default/other')?.size, 0)
})

const container = (seconds: number, cpuSeconds: number, startedAt = at - 3_600_000) => ({
  time: at + seconds * 1000,
  cpuSeconds,
  workingSetBytes: 2048,
  startedAt,
})
const scrape = (containers: Record<string, ReturnType<typeof container>>): Scrape => ({
  node: undefined,
  pods: new Map([['default/web', new Map(Object.entries(containers))]]),
})

const pairs: {
  name: string
  earlier: Parameters<typeof scrape>[0]
  later: Parameters<typeof scrape>[0]
  expected: object[] | undefined
}[] = [
  {
    name: 'the use of CPU between two answers',
    earlier: { main: container(0, 10) },
    later: { main: container(15, 13) },
    expected: [
      { name: 'main', timestamp: '2026-01-01T00:01:15Z', window: '15s', usage: { cpu: '200m', memory: '2Ki' } },
    ],
  },
  {
    name: 'a window longer than a minute, and nanocores',
    earlier: { main: container(0, 10) },
    later: { main: container(90, 10.000001) },
    expected: [
      { name: 'main', timestamp: '2026-01-01T00:02:30Z', window: '1m30s', usage: { cpu: '11n', memory: '2Ki' } },
    ],
  },
  {
    name: 'started since, and running for long enough: from its start',
    earlier: {},
    later: { main: container(15, 6, at + 3000) },
    expected: [
      { name: 'main', timestamp: '2026-01-01T00:01:15Z', window: '12s', usage: { cpu: '500m', memory: '2Ki' } },
    ],
  },
  {
    name: 'started again since: the counter began anew',
    earlier: { main: container(0, 10) },
    later: { main: container(15, 6, at + 3000) },
    expected: [
      { name: 'main', timestamp: '2026-01-01T00:01:15Z', window: '12s', usage: { cpu: '500m', memory: '2Ki' } },
    ],
  },
  { name: 'started just now', earlier: {}, later: { main: container(15, 6, at + 14_500) }, expected: undefined },
  {
    name: 'one of two started just now: the pod is not measured',
    earlier: { main: container(0, 10) },
    later: { main: container(15, 13), second: container(15, 1, at + 14_500) },
    expected: undefined,
  },
  {
    name: 'two answers of one moment',
    earlier: { main: container(0, 10) },
    later: { main: container(0, 10) },
    expected: undefined,
  },
  { name: 'gone', earlier: { main: container(0, 10) }, later: {}, expected: undefined },
]
for (const { name, earlier, later, expected } of pairs)
  t.test(name, async (t) =>
    t.same(measurePod({ earlier: scrape(earlier), later: scrape(later) }, 'default/web'), expected),
  )

t.test('a node, and one whose counter went back', async (t) => {
  const node = (seconds: number, cpuSeconds: number): Scrape => ({
    node: { time: at + seconds * 1000, cpuSeconds, workingSetBytes: 1_000_000 },
    pods: new Map(),
  })
  t.same(measureNode({ earlier: node(0, 5), later: node(10, 20) })?.usage, { cpu: '1500m', memory: '1000000' })
  t.equal(measureNode({ earlier: node(0, 20), later: node(10, 5) }), undefined)
})

t.test('kubelets are asked when somebody wants to know, and no more often than it takes', async (t) => {
  const clock = new FakeClock()
  let asked = 0
  const scrapes = new KubeletScrapes({
    async scrape() {
      asked++
      return { node: { time: clock.now(), cpuSeconds: clock.monotonic() / 2000, workingSetBytes: 1 }, pods: new Map() }
    },
    clock,
    logger: silentLogger,
  })
  const measure = (pair: ScrapePair | undefined) => pair && measureNode(pair)
  const measured = async () => measure(await scrapes.pair('n1'))
  const first = Promise.all([measured(), measured()])
  await clock.advance(1000)
  t.match(await first, [{ window: '1s', usage: { cpu: '500m' } }, { window: '1s' }])
  t.equal(asked, 2, 'two looks for both who ask')

  await clock.advance(9000)
  t.match(await measured(), { window: '1s' })
  t.equal(asked, 2, 'still fresh')
  await clock.advance(6000)
  t.match(await measured(), { window: '15s' })
  t.equal(asked, 3, 'one look more, against the last')
  const lacking = scrapes.pair('n1', () => false)
  for (const more of [4, 5]) {
    await clock.advance(1000)
    t.equal(asked, more, 'something is looked for that is not in the last one')
  }
  t.match(measure(await lacking), { window: '1s' })
  await clock.advance(61_000)
  const later = measured()
  await clock.advance(1000)
  t.match(await later, { window: '1s' })
  t.equal(asked, 7, 'too long ago to compare')
})

t.test('a kubelet that does not answer is asked again by the next', async (t) => {
  const clock = new FakeClock()
  let asked = 0
  const scrapes = new KubeletScrapes({
    async scrape() {
      if (++asked === 1) throw new Error('connection refused')
      return { node: undefined, pods: new Map() }
    },
    clock,
    logger: silentLogger,
  })
  t.equal(await scrapes.pair('n1'), undefined)
  const second = scrapes.pair('n1')
  await clock.advance(1000)
  t.ok(await second)
})
