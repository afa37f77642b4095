/** What a cgroup has used, as far as its hierarchies tell. */
export interface CgroupUsage {
  cpu?: CpuUsage
  memory?: MemoryUsage
  io?: IoUsage
  processes?: number
}

export interface CpuUsage {
  /** Of all its processes, since it was made. */
  nanoseconds: number
  /** Only where it has a limit: enforcement periods, and those in which it had to wait. */
  periods?: number
  throttledPeriods?: number
  throttledNanoseconds?: number
}

export interface MemoryUsage {
  usageBytes: number
  /** What cannot be taken back under pressure: usage without file pages that were not used for long. */
  workingSetBytes: number
  rssBytes: number
  cacheBytes: number
  pageFaults: number
  majorPageFaults: number
  swapBytes?: number
  /** Absent without a limit. */
  limitBytes?: number
}

export interface IoUsage {
  readBytes: number
  writtenBytes: number
  reads: number
  writes: number
}

/** The hierarchy of version 1 that a file is in; version 2 has one for all. */
export type Hierarchy = 'cpu' | 'cpuacct' | 'memory' | 'pids' | 'blkio'

/** A file of the cgroup, or undefined where there is none. */
export type ReadCgroupFile = (file: string, hierarchy: Hierarchy) => string | undefined

export const readUsage = (read: ReadCgroupFile, version: 1 | 2): CgroupUsage =>
  present(version === 1 ? usageOfVersion1(read) : usageOfVersion2(read))

function usageOfVersion1(read: ReadCgroupFile): Optional<CgroupUsage> {
  const nanoseconds = number(read('cpuacct.usage', 'cpuacct'))
  const throttling = table(read('cpu.stat', 'cpu'))
  const memory = table(read('memory.stat', 'memory'))
  const usage = number(read('memory.usage_in_bytes', 'memory'))
  return {
    cpu: nanoseconds === undefined ? undefined : { nanoseconds, ...throttled(throttling, 'throttled_time', 1) },
    memory:
      usage === undefined || !memory
        ? undefined
        : memoryUsage(usage, memory, {
            names: {
              inactive: 'total_inactive_file',
              rss: 'total_rss',
              cache: 'total_cache',
              faults: 'total_pgfault',
              majorFaults: 'total_pgmajfault',
            },
            swapBytes: memory.get('total_swap'),
            limit: read('memory.limit_in_bytes', 'memory'),
          }),
    io: ioOfVersion1(read),
    processes: number(read('pids.current', 'pids')),
  }
}

function usageOfVersion2(read: ReadCgroupFile): Optional<CgroupUsage> {
  const cpu = table(read('cpu.stat', 'cpu'))
  const microseconds = cpu?.get('usage_usec')
  const memory = table(read('memory.stat', 'memory'))
  const usage = number(read('memory.current', 'memory'))
  return {
    cpu:
      microseconds === undefined
        ? undefined
        : { nanoseconds: microseconds * 1000, ...throttled(cpu, 'throttled_usec', 1000) },
    memory:
      usage === undefined || !memory
        ? undefined
        : memoryUsage(usage, memory, {
            names: {
              inactive: 'inactive_file',
              rss: 'anon',
              cache: 'file',
              faults: 'pgfault',
              majorFaults: 'pgmajfault',
            },
            swapBytes: number(read('memory.swap.current', 'memory')),
            limit: read('memory.max', 'memory'),
          }),
    io: ioOfVersion2(read('io.stat', 'blkio')),
    processes: number(read('pids.current', 'pids')),
  }
}

function throttled(
  stat: Table | undefined,
  time: string,
  nanoseconds: number,
): Pick<CpuUsage, 'periods' | 'throttledPeriods' | 'throttledNanoseconds'> {
  const periods = stat?.get('nr_periods')
  if (!stat || !periods) return {}
  return {
    periods,
    throttledPeriods: stat.get('nr_throttled') ?? 0,
    throttledNanoseconds: (stat.get(time) ?? 0) * nanoseconds,
  }
}

interface MemoryFiles {
  names: Readonly<Record<'inactive' | 'rss' | 'cache' | 'faults' | 'majorFaults', string>>
  swapBytes: number | undefined
  limit: string | undefined
}

/** A limit above this is version 1's word for none: the largest multiple of a page. */
const noLimit = 2 ** 62

function memoryUsage(usageBytes: number, stat: Table, { names, swapBytes, limit }: MemoryFiles): MemoryUsage {
  const limitBytes = number(limit)
  return {
    usageBytes,
    workingSetBytes: Math.max(0, usageBytes - (stat.get(names.inactive) ?? 0)),
    rssBytes: stat.get(names.rss) ?? 0,
    cacheBytes: stat.get(names.cache) ?? 0,
    pageFaults: stat.get(names.faults) ?? 0,
    majorPageFaults: stat.get(names.majorFaults) ?? 0,
    ...(swapBytes !== undefined && { swapBytes }),
    ...(limitBytes !== undefined && limitBytes < noLimit && { limitBytes }),
  }
}

function ioOfVersion1(read: ReadCgroupFile): IoUsage | undefined {
  const bytes = read('blkio.throttle.io_service_bytes', 'blkio')
  if (bytes === undefined) return undefined
  const operations = read('blkio.throttle.io_serviced', 'blkio') ?? ''
  return {
    readBytes: sumOf(bytes, /^\d+:\d+ Read (\d+)$/gm),
    writtenBytes: sumOf(bytes, /^\d+:\d+ Write (\d+)$/gm),
    reads: sumOf(operations, /^\d+:\d+ Read (\d+)$/gm),
    writes: sumOf(operations, /^\d+:\d+ Write (\d+)$/gm),
  }
}

const ioOfVersion2 = (stat: string | undefined): IoUsage | undefined =>
  stat === undefined
    ? undefined
    : {
        readBytes: sumOf(stat, /\brbytes=(\d+)/g),
        writtenBytes: sumOf(stat, /\bwbytes=(\d+)/g),
        reads: sumOf(stat, /\brios=(\d+)/g),
        writes: sumOf(stat, /\bwios=(\d+)/g),
      }

const sumOf = (text: string, pattern: RegExp): number =>
  [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0)

type Table = ReadonlyMap<string, number>

/** Lines of a name and a number. */
function table(text: string | undefined): Table | undefined {
  if (text === undefined) return undefined
  return new Map([...text.matchAll(/^(\S+) (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]))
}

function number(text: string | undefined): number | undefined {
  const trimmed = text?.trim()
  return trimmed && /^\d+$/.test(trimmed) ? Number(trimmed) : undefined
}

type Optional<T> = { [K in keyof T]: T[K] | undefined }

const present = <T extends object>(object: Optional<T>): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
