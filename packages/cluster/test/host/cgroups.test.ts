import t from 'tap'
import { cgroupValues } from '../../src/host/cgroups.ts'

const limits = { cpuShares: 256, cpuPercent: 150, memoryBytes: 2 ** 31 }

t.test('limits in the words of cgroup v1', (t) => {
  t.same(cgroupValues(limits, 1), [
    { hierarchy: 'cpu', file: 'cpu.shares', value: '256' },
    { hierarchy: 'cpu', file: 'cpu.cfs_quota_us', value: '150000' },
    { hierarchy: 'memory', file: 'memory.limit_in_bytes', value: '2147483648' },
  ])
  t.end()
})

t.test('limits in the words of cgroup v2', (t) => {
  t.same(cgroupValues(limits, 2), [
    { hierarchy: '', file: 'cpu.weight', value: '11' },
    { hierarchy: '', file: 'cpu.max', value: '150000 100000' },
    { hierarchy: '', file: 'memory.max', value: '2147483648' },
  ])
  t.end()
})
