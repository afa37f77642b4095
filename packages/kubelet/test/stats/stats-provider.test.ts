import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Pod } from '@tandem/api/core/v1/types'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t, { type Test } from 'tap'
import { CgroupReader } from '../../src/stats/cgroup-reader.ts'
import { StatsProvider } from '../../src/stats/stats-provider.ts'
import { podOf } from '../fixtures.ts'

const id = 'a'.repeat(64)
const sandbox = 'b'.repeat(64)
const start = Date.parse('2026-01-01T00:00:00Z')

/** Writes what a kernel of version 2 would show of a cgroup. */
function cgroup(
  mount: string,
  path: string,
  { seconds, memory = 0, pid }: { seconds: number; memory?: number; pid?: number },
): void {
  const directory = join(mount, path)
  const files = {
    'cpu.stat': `usage_usec ${seconds * 1e6}\n`,
    'memory.current': `${memory}\n`,
    'memory.stat': 'inactive_file 0\n',
    'cgroup.procs': pid === undefined ? '' : `${pid}\n`,
  }
  mkdirSync(directory, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
}

const pod = (more: Partial<Pod['spec']> = {}): Pod => ({
  ...podOf(more),
  status: {
    qosClass: 'BestEffort',
    startTime: '2026-01-01T00:00:05Z',
    containerStatuses: [
      {
        name: 'main',
        image: 'app:1',
        imageID: '',
        ready: true,
        restartCount: 0,
        containerID: `docker://${id}`,
        state: { running: { startedAt: '2026-01-01T00:00:10Z' } },
      },
      {
        name: 'ended',
        image: 'app:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        containerID: `docker://${'c'.repeat(64)}`,
        state: { terminated: { exitCode: 0 } },
      },
    ],
  },
})

function provider(t: Test, pods: readonly Pod[] = [pod()]) {
  const directory = t.testdir({ 'cgroup.controllers': 'cpu memory\n', proc: { 7: { net: {} } } })
  writeFileSync(
    join(directory, 'proc/7/net/dev'),
    '    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0: 500 5 0 0 0 0 0 0 300 3 0 0 0 0 0 0\n',
  )
  const clock = new FakeClock(start + 60_000)
  const path = '/tandem/prod/kubepods/besteffort/podu1'
  const write = (seconds: number) => {
    cgroup(directory, '/tandem/prod', { seconds: seconds + 2, memory: 5000 })
    cgroup(directory, '/tandem/prod/kubepods', { seconds: seconds + 1, memory: 4000 })
    cgroup(directory, path, { seconds, memory: 3000 })
    cgroup(directory, `${path}/${id}`, { seconds, memory: 2000, pid: 8 })
    cgroup(directory, `${path}/docker-${sandbox}.scope`, { seconds: 0, memory: 100, pid: 7 })
  }
  write(10)
  const stats = new StatsProvider({
    nodeName: 'n1',
    root: ['tandem', 'prod'],
    reader: new CgroupReader({ driver: 'cgroupfs', mountPoint: directory, procDirectory: join(directory, 'proc') }),
    pods: () => pods,
    capacity: { cpus: 2, memoryBytes: 10_000 },
    rootDir: dirname(directory),
    clock,
  })
  return { stats, clock, write }
}

t.test('the summary: counters at once, rates from the second time on', async (t) => {
  const { stats, clock, write } = provider(t)
  const first = stats.summary({ onlyCpuAndMemory: false })
  t.match(first.node, {
    nodeName: 'n1',
    cpu: { time: '2026-01-01T00:01:00Z', usageCoreNanoSeconds: 12e9 },
    memory: { workingSetBytes: 5000, availableBytes: 5000 },
    systemContainers: [{ name: 'pods', memory: { workingSetBytes: 4000 } }],
    fs: { capacityBytes: Number },
    rlimit: { maxpid: Number, curproc: Number },
  })
  t.notOk(first.node.cpu?.usageNanoCores)
  t.equal(first.pods.length, 1)
  t.match(first.pods[0], {
    podRef: { name: 'web', namespace: 'default', uid: 'u1' },
    startTime: '2026-01-01T00:00:05Z',
    memory: { workingSetBytes: 3000 },
    network: { name: 'eth0', rxBytes: 500, txBytes: 300, interfaces: [{ name: 'eth0' }] },
    containers: [{ name: 'main', startTime: '2026-01-01T00:00:10Z', cpu: { usageCoreNanoSeconds: 10e9 } }],
  })
  t.equal(first.pods[0]?.containers.length, 1)

  await clock.advance(10_000)
  write(15)
  const second = stats.summary({ onlyCpuAndMemory: true })
  t.equal(second.node.cpu?.usageNanoCores, 500_000_000)
  t.equal(second.pods[0]?.containers[0]?.cpu?.usageNanoCores, 500_000_000)
  t.notOk(second.pods[0]?.network)
  t.notOk(second.node.fs)

  await clock.advance(500)
  write(20)
  t.equal(stats.summary({ onlyCpuAndMemory: true }).pods[0]?.cpu?.usageCoreNanoSeconds, 15e9, 'so soon it is the same')
})

t.test('a rate over a long silence says nothing', async (t) => {
  const { stats, clock, write } = provider(t)
  stats.resourceMetrics()
  await clock.advance(11 * 60_000)
  write(1000)
  t.notOk(stats.summary({ onlyCpuAndMemory: true }).node.cpu?.usageNanoCores)
})

t.test('a pod without a cgroup is left out, and one in the network of the host has none of its own', async (t) => {
  const gone = podOf({}, { uid: 'u2', name: 'gone' })
  const { stats } = provider(t, [pod({ hostNetwork: true }), gone])
  const { pods } = stats.summary({ onlyCpuAndMemory: false })
  t.equal(pods.length, 1)
  t.notOk(pods[0]?.network)
})

t.test('/metrics/resource', async (t) => {
  const { stats } = provider(t)
  const at = start + 60_000
  const text = stats.resourceMetrics()
  for (const line of [
    '# TYPE container_cpu_usage_seconds_total counter',
    `container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 10 ${at}`,
    `container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 2000 ${at}`,
    `container_start_time_seconds{container="main",namespace="default",pod="web"} ${(start + 10_000) / 1000}`,
    `node_cpu_usage_seconds_total 12 ${at}`,
    `node_memory_working_set_bytes 5000 ${at}`,
    `pod_cpu_usage_seconds_total{namespace="default",pod="web"} 10 ${at}`,
    `pod_memory_working_set_bytes{namespace="default",pod="web"} 3000 ${at}`,
    'resource_scrape_error 0',
  ])
    t.ok(text.split('\n').includes(line), line)
})

t.test('/metrics/cadvisor', async (t) => {
  const { stats } = provider(t)
  const at = start + 60_000
  const path = '/tandem/prod/kubepods/besteffort/podu1'
  const text = stats.cadvisorMetrics()
  for (const line of [
    `container_cpu_usage_seconds_total{cpu="total",container="main",id="${path}/${id}",image="app:1",name="${id}",namespace="default",pod="web"} 10 ${at}`,
    `container_memory_working_set_bytes{container="",id="${path}",image="",name="",namespace="default",pod="web"} 3000 ${at}`,
    `container_network_receive_bytes_total{container="",id="${path}",image="",name="",namespace="default",pod="web",interface="eth0"} 500 ${at}`,
    `container_cpu_usage_seconds_total{cpu="total",container="",image="",name="",namespace="",pod="",id="/tandem/prod"} 12 ${at}`,
    'machine_cpu_cores 2',
  ])
    t.ok(text.split('\n').includes(line), line)
})
