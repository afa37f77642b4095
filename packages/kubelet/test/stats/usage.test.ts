import t from 'tap'
import { readUsage } from '../../src/stats/cgroup-usage.ts'
import { interfacesOf } from '../../src/stats/interface-usage.ts'
import { machineUsage } from '../../src/stats/machine-usage.ts'

const version1: Readonly<Record<string, string>> = {
  'cpuacct/cpuacct.usage': '4123456789\n',
  'cpu/cpu.stat': 'nr_periods 40\nnr_throttled 10\nthrottled_time 2500000000\n',
  'memory/memory.usage_in_bytes': '10485760\n',
  'memory/memory.limit_in_bytes': '67108864\n',
  'memory/memory.stat':
    'cache 1\nrss 2\npgfault 3\ntotal_cache 4194304\ntotal_rss 5242880\ntotal_pgfault 900\ntotal_pgmajfault 7\ntotal_swap 4096\ntotal_inactive_file 1048576\n',
  'pids/pids.current': '5\n',
  'blkio/blkio.throttle.io_service_bytes':
    '8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:16 Read 1\n8:16 Write 2\nTotal 12291\n',
  'blkio/blkio.throttle.io_serviced': '8:0 Read 3\n8:0 Write 4\nTotal 7\n',
}
const version2: Readonly<Record<string, string>> = {
  'cpu.stat':
    'usage_usec 4123456\nuser_usec 4000000\nsystem_usec 123456\nnr_periods 40\nnr_throttled 10\nthrottled_usec 2500000\n',
  'memory.current': '10485760\n',
  'memory.max': '67108864\n',
  'memory.swap.current': '4096\n',
  'memory.stat': 'anon 5242880\nfile 4194304\ninactive_file 1048576\npgfault 900\npgmajfault 7\n',
  'pids.current': '5\n',
  'io.stat': '8:0 rbytes=4096 wbytes=8192 rios=3 wios=4 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=0 wios=0\n',
}
const used = {
  cpu: { nanoseconds: 4123456789, periods: 40, throttledPeriods: 10, throttledNanoseconds: 2500000000 },
  memory: {
    usageBytes: 10485760,
    workingSetBytes: 9437184,
    rssBytes: 5242880,
    cacheBytes: 4194304,
    pageFaults: 900,
    majorPageFaults: 7,
    swapBytes: 4096,
    limitBytes: 67108864,
  },
  io: { readBytes: 4097, writtenBytes: 8194, reads: 3, writes: 4 },
  processes: 5,
}

t.test('a cgroup of version 1', async (t) => {
  t.same(
    readUsage((file, hierarchy) => version1[`${hierarchy}/${file}`], 1),
    used,
  )
})
t.test('the same of version 2, which counts microseconds', async (t) => {
  t.same(
    readUsage((file) => version2[file], 2),
    { ...used, cpu: { ...used.cpu, nanoseconds: 4123456000 } },
  )
})

const partial = [
  { name: 'a cgroup that is gone', version: 1, files: {}, expected: {} },
  {
    name: 'version 1 without a limit',
    version: 1,
    files: {
      'memory/memory.usage_in_bytes': '100',
      'memory/memory.stat': 'total_inactive_file 200\n',
      'memory/memory.limit_in_bytes': '9223372036854771712',
    },
    expected: {
      memory: { usageBytes: 100, workingSetBytes: 0, rssBytes: 0, cacheBytes: 0, pageFaults: 0, majorPageFaults: 0 },
    },
  },
  {
    name: 'version 2 without a limit of CPU',
    version: 2,
    files: { 'cpu/cpu.stat': 'usage_usec 7\nnr_periods 0\n', 'memory/memory.max': 'max' },
    expected: { cpu: { nanoseconds: 7000 } },
  },
] as const
for (const { name, version, files, expected } of partial) {
  t.test(name, async (t) => {
    const found: Readonly<Record<string, string>> = files
    t.same(
      readUsage((file, hierarchy) => found[`${hierarchy}/${file}`], version),
      expected,
    )
  })
}

t.test('the whole machine', async (t) => {
  const stat = 'cpu  100 10 50 9000 30 5 6 7 1 1\ncpu0 50 5 25 4500 15 2 3 3 0 0\nctxt 1\n'
  const meminfo =
    'MemTotal:       1000 kB\nMemFree:         400 kB\nCached:          300 kB\nInactive(file):   200 kB\nAnonPages:        150 kB\nSwapTotal:         50 kB\nSwapFree:          30 kB\n'
  t.same(machineUsage({ stat, meminfo }), {
    cpu: { nanoseconds: 178 * 10_000_000 },
    memory: {
      usageBytes: 600 * 1024,
      workingSetBytes: 400 * 1024,
      rssBytes: 150 * 1024,
      cacheBytes: 300 * 1024,
      pageFaults: 0,
      majorPageFaults: 0,
      swapBytes: 20 * 1024,
    },
  })
})

t.test('interfaces without the loopback', async (t) => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  eth0: 1234567     890    1    2    0     0          0         0    76543     210    3    4    0     0       0          0
`
  t.same(interfacesOf(text), [
    {
      name: 'eth0',
      rxBytes: 1234567,
      rxPackets: 890,
      rxErrors: 1,
      rxDropped: 2,
      txBytes: 76543,
      txPackets: 210,
      txErrors: 3,
      txDropped: 4,
    },
  ])
})
