import type { CgroupUsage, MemoryUsage } from './cgroup-usage.ts'
import type { InterfaceUsage } from './interface-usage.ts'
import type { ContainerSnapshot, Measured, PodSnapshot, Snapshot } from './snapshot.ts'

/** `/stats/summary`, as upstream's `stats/v1alpha1` has it. */
export interface Summary {
  node: NodeStats
  pods: PodStats[]
}

export interface NodeStats extends Stats {
  nodeName: string
  systemContainers: ContainerStats[]
  startTime: string
  fs?: FsStats
  rlimit?: { time: string; maxpid: number; curproc: number }
}

export interface PodStats extends Stats {
  podRef: { name: string; namespace: string; uid: string }
  startTime: string
  containers: ContainerStats[]
  network?: NetworkStats
  process_stats?: { process_count: number }
}

export interface ContainerStats extends Stats {
  name: string
  startTime: string
}

interface Stats {
  cpu?: { time: string; usageNanoCores?: number; usageCoreNanoSeconds: number }
  memory?: MemoryStats
  swap?: { time: string; swapUsageBytes: number }
}

interface MemoryStats {
  time: string
  availableBytes?: number
  usageBytes: number
  workingSetBytes: number
  rssBytes: number
  pageFaults: number
  majorPageFaults: number
}

interface NetworkStats extends Partial<InterfaceStats> {
  time: string
  interfaces: InterfaceStats[]
}

interface InterfaceStats {
  name: string
  rxBytes: number
  rxErrors: number
  txBytes: number
  txErrors: number
}

export interface FsStats {
  time: string
  availableBytes: number
  capacityBytes: number
  usedBytes: number
  inodesFree: number
  inodes: number
  inodesUsed: number
}

/** What of a node is no cgroup's. */
export interface NodeFigures {
  nodeName: string
  /** Milliseconds since the epoch. */
  startTime: number
  memoryBytes: number
  fs?: Omit<FsStats, 'time'> | undefined
  processes?: { limit: number; running: number } | undefined
}

export interface SummaryOptions {
  node: NodeFigures
  /** Nanoseconds of CPU a second, by cgroup. */
  rates: ReadonlyMap<string, number>
  onlyCpuAndMemory: boolean
}

export function summaryOf(snapshot: Snapshot, { node, rates, onlyCpuAndMemory }: SummaryOptions): Summary {
  const time = timestamp(snapshot.time)
  const started = timestamp(node.startTime)
  const statsOf = (measured: Measured, memoryBytes?: number): Stats =>
    stats(measured.usage, { time, rate: rates.get(measured.path), memoryBytes })
  const container = (one: ContainerSnapshot): ContainerStats => ({
    name: one.name,
    startTime: timestamp(one.startedAt),
    ...statsOf(one),
  })
  const pod = (one: PodSnapshot): PodStats => ({
    podRef: podRefOf(one),
    startTime: one.pod.status?.startTime ?? one.pod.metadata.creationTimestamp,
    containers: one.containers.map(container),
    ...statsOf(one),
    ...(!onlyCpuAndMemory && one.interfaces && { network: networkStats(one.interfaces, time) }),
    ...(!onlyCpuAndMemory &&
      one.usage.processes !== undefined && { process_stats: { process_count: one.usage.processes } }),
  })
  const { fs, processes } = node
  return {
    node: {
      nodeName: node.nodeName,
      systemContainers: [{ name: 'pods', startTime: started, ...statsOf(snapshot.allPods, node.memoryBytes) }],
      startTime: started,
      ...statsOf(snapshot.node, node.memoryBytes),
      ...(!onlyCpuAndMemory && fs && { fs: { time, ...fs } }),
      ...(!onlyCpuAndMemory && processes && { rlimit: { time, maxpid: processes.limit, curproc: processes.running } }),
    },
    pods: snapshot.pods.map(pod),
  }
}

const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const podRefOf = ({ pod: { metadata } }: PodSnapshot): PodStats['podRef'] => ({
  name: metadata.name,
  namespace: metadata.namespace ?? '',
  uid: metadata.uid,
})

interface StatsOptions {
  time: string
  rate: number | undefined
  memoryBytes: number | undefined
}

const stats = ({ cpu, memory }: CgroupUsage, { time, rate, memoryBytes }: StatsOptions): Stats => ({
  ...(cpu && {
    cpu: {
      time,
      ...(rate !== undefined && { usageNanoCores: rate }),
      usageCoreNanoSeconds: Math.round(cpu.nanoseconds),
    },
  }),
  ...(memory && { memory: memoryStats(memory, { time, memoryBytes }) }),
  ...(memory?.swapBytes !== undefined && { swap: { time, swapUsageBytes: memory.swapBytes } }),
})

function memoryStats(
  { limitBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults }: MemoryUsage,
  { time, memoryBytes }: Pick<StatsOptions, 'time' | 'memoryBytes'>,
): MemoryStats {
  const bound = memoryBytes ?? limitBytes
  return {
    time,
    ...(bound !== undefined && { availableBytes: Math.max(0, bound - workingSetBytes) }),
    usageBytes,
    workingSetBytes,
    rssBytes,
    pageFaults,
    majorPageFaults,
  }
}

/** The pod's own interface stands for all; the others are listed beside it. */
function networkStats(interfaces: readonly InterfaceUsage[], time: string): NetworkStats {
  const listed = interfaces.map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    name,
    rxBytes,
    rxErrors,
    txBytes,
    txErrors,
  }))
  return { time, ...(listed.find(({ name }) => name === 'eth0') ?? listed[0]), interfaces: listed }
}
