import { printQuantity } from '@tandem/apimachinery'
import { formatDuration } from '@tandem/component-base/duration'
import type { ContainerUsage, Scrape, Usage } from './scrape.ts'

/** Two answers of one kubelet, the earlier first. */
export interface ScrapePair {
  earlier: Scrape
  later: Scrape
}

export interface Measurement {
  timestamp: string
  /** A duration as Go prints it. */
  window: string
  usage: Record<string, string>
}

export type ContainerMeasurement = Measurement & { name: string }

/** A container that is new since the earlier answer is measured from its start, once it has run for so long. */
const freshAfter = 1000

export function measureNode({ earlier, later }: ScrapePair): Measurement | undefined {
  return later.node && earlier.node && measure(earlier.node, later.node)
}

/** Every container of the pod, or nothing: the sum of some would be taken for the pod's. */
export function measurePod({ earlier, later }: ScrapePair, pod: string): ContainerMeasurement[] | undefined {
  const containers = later.pods.get(pod)
  if (!containers || containers.size === 0) return undefined
  const measured: ContainerMeasurement[] = []
  for (const [name, usage] of containers) {
    const start = startOf(usage, earlier.pods.get(pod)?.get(name))
    const measurement = start && measure(start, usage)
    if (!measurement) return undefined
    measured.push({ name, ...measurement })
  }
  return measured
}

function startOf(usage: ContainerUsage, before: ContainerUsage | undefined): Usage | undefined {
  if (before && usage.startedAt <= before.time) return before
  if (usage.time - usage.startedAt < freshAfter) return undefined
  return { time: usage.startedAt, cpuSeconds: 0, workingSetBytes: 0 }
}

function measure(before: Usage, now: Usage): Measurement | undefined {
  const elapsed = now.time - before.time
  if (elapsed <= 0 || now.cpuSeconds < before.cpuSeconds) return undefined
  const nanoCores = Math.round(((now.cpuSeconds - before.cpuSeconds) * 1e12) / elapsed)
  return {
    timestamp: `${new Date(now.time).toISOString().slice(0, 19)}Z`,
    window: formatDuration(elapsed),
    usage: {
      cpu: printQuantity({ nanos: BigInt(nanoCores), format: 'DecimalSI' }),
      memory: printQuantity({ nanos: BigInt(now.workingSetBytes) * 1_000_000_000n, format: 'BinarySI' }),
    },
  }
}
