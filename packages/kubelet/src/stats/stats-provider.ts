import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Clock } from '@tandem/component-base'
import type { CgroupName } from '../cgroups/names.ts'
import { cadvisorMetrics } from './cadvisor-metrics.ts'
import type { CgroupReader } from './cgroup-reader.ts'
import { CpuRates } from './cpu-rates.ts'
import { exposition } from './exposition.ts'
import { resourceMetrics } from './resource-metrics.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'
import { type NodeFigures, type Summary, summaryOf } from './summary.ts'

export interface StatsProviderOptions {
  nodeName: string
  /** The cgroup of all that the node's capacity is for: the cluster's own share of the machine, or the root. */
  root: CgroupName
  reader: CgroupReader
  pods(): readonly Pod[]
  /** What the node has. */
  capacity: { cpus: number; memoryBytes: number }
  rootDir: string
  clock: Clock
}

/** Who asks this soon after another is told the same. */
const freshFor = 1000

/** What the node's pods use. Read when somebody asks, and never else. */
export class StatsProvider {
  readonly #options: StatsProviderOptions
  readonly #rates = new CpuRates()
  readonly #startTime: number
  #last: { takenAt: number; snapshot: Snapshot; rates: ReadonlyMap<string, number> } | undefined

  constructor(options: StatsProviderOptions) {
    this.#options = options
    this.#startTime = options.clock.now()
  }

  summary({ onlyCpuAndMemory }: { onlyCpuAndMemory: boolean }): Summary {
    const { snapshot, rates } = this.#take()
    return summaryOf(snapshot, { node: this.#nodeFigures(), rates, onlyCpuAndMemory })
  }

  resourceMetrics(): string {
    return exposition(resourceMetrics(this.#take().snapshot))
  }

  cadvisorMetrics(): string {
    return exposition(cadvisorMetrics(this.#take().snapshot, this.#options.capacity))
  }

  #take(): { snapshot: Snapshot; rates: ReadonlyMap<string, number> } {
    const { clock, root, reader, pods } = this.#options
    const takenAt = clock.monotonic()
    if (this.#last && takenAt - this.#last.takenAt < freshFor) return this.#last
    const snapshot = takeSnapshot({ root, reader, pods: pods(), time: clock.now() })
    this.#last = { takenAt, snapshot, rates: this.#rates.take(takenAt, cpuOf(snapshot)) }
    return this.#last
  }

  #nodeFigures(): NodeFigures {
    const { nodeName, capacity, rootDir } = this.#options
    return {
      nodeName,
      startTime: this.#startTime,
      memoryBytes: capacity.memoryBytes,
      fs: fileSystem(rootDir),
      processes: processes(),
    }
  }
}

function cpuOf({ node, allPods, pods }: Snapshot): ReadonlyMap<string, number> {
  const all = [node, allPods, ...pods, ...pods.flatMap(({ containers }) => containers)]
  return new Map(all.flatMap(({ path, usage }) => (usage.cpu ? [[path, usage.cpu.nanoseconds] as const] : [])))
}

function fileSystem(path: string): NodeFigures['fs'] {
  const { bsize, blocks, bfree, bavail, files, ffree } = statfsSync(path)
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  }
}

function processes(): NodeFigures['processes'] {
  const limit = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))
  return { limit, running: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length }
}
