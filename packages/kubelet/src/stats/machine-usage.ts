import type { CgroupUsage } from './cgroup-usage.ts'

/** The kernel counts in hundredths of a second, whatever its own clock is. */
const nanosecondsPerTick = 10_000_000

/** The whole machine, from `/proc/stat` and `/proc/meminfo`: a node's figures where the node is not given a share of it. */
export function machineUsage({ stat, meminfo }: { stat: string; meminfo: string }): CgroupUsage {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number)
  const bytes = (name: string): number =>
    Number(new RegExp(`^${RegExp.escape(name)}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  const usageBytes = bytes('MemTotal') - bytes('MemFree')
  return {
    cpu: { nanoseconds: (user + nice + system + irq + softirq + steal) * nanosecondsPerTick },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - bytes('Inactive(file)')),
      rssBytes: bytes('AnonPages'),
      cacheBytes: bytes('Cached'),
      pageFaults: 0,
      majorPageFaults: 0,
      swapBytes: bytes('SwapTotal') - bytes('SwapFree'),
    },
  }
}
