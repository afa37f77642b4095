import type { CgroupUsage, CpuUsage, IoUsage, MemoryUsage } from './cgroup-usage.ts'
import type { MetricFamily } from './exposition.ts'
import type { InterfaceUsage } from './interface-usage.ts'
import type { Measured, PodSnapshot, Snapshot } from './snapshot.ts'

type Labels = Readonly<Record<string, string>>
type Value = (usage: CgroupUsage) => number | undefined

interface Series {
  name: string
  help: string
  type: 'counter' | 'gauge'
  value: Value
  labels?: Labels
}

const cpu =
  (value: (usage: CpuUsage) => number | undefined): Value =>
  ({ cpu }) =>
    cpu && value(cpu)
const memory =
  (value: (usage: MemoryUsage) => number | undefined): Value =>
  ({ memory }) =>
    memory && value(memory)
const io =
  (value: (usage: IoUsage) => number): Value =>
  ({ io }) =>
    io && value(io)

/** The series of cAdvisor's that dashboards use, of what every cgroup tells. */
const ofCgroups: readonly Series[] = [
  {
    name: 'container_cpu_usage_seconds_total',
    help: 'Cumulative cpu time consumed in seconds.',
    type: 'counter',
    labels: { cpu: 'total' },
    value: cpu(({ nanoseconds }) => nanoseconds / 1e9),
  },
  {
    name: 'container_cpu_cfs_periods_total',
    help: 'Number of elapsed enforcement period intervals.',
    type: 'counter',
    value: cpu(({ periods }) => periods),
  },
  {
    name: 'container_cpu_cfs_throttled_periods_total',
    help: 'Number of throttled period intervals.',
    type: 'counter',
    value: cpu(({ throttledPeriods }) => throttledPeriods),
  },
  {
    name: 'container_cpu_cfs_throttled_seconds_total',
    help: 'Total time duration the container has been throttled.',
    type: 'counter',
    value: cpu(({ throttledNanoseconds }) => throttledNanoseconds && throttledNanoseconds / 1e9),
  },
  {
    name: 'container_memory_usage_bytes',
    help: 'Current memory usage in bytes, including all memory regardless of when it was accessed',
    type: 'gauge',
    value: memory(({ usageBytes }) => usageBytes),
  },
  {
    name: 'container_memory_working_set_bytes',
    help: 'Current working set in bytes.',
    type: 'gauge',
    value: memory(({ workingSetBytes }) => workingSetBytes),
  },
  {
    name: 'container_memory_rss',
    help: 'Size of RSS in bytes.',
    type: 'gauge',
    value: memory(({ rssBytes }) => rssBytes),
  },
  {
    name: 'container_memory_cache',
    help: 'Number of bytes of page cache memory.',
    type: 'gauge',
    value: memory(({ cacheBytes }) => cacheBytes),
  },
  {
    name: 'container_memory_swap',
    help: 'Container swap usage in bytes.',
    type: 'gauge',
    value: memory(({ swapBytes }) => swapBytes),
  },
  {
    name: 'container_spec_memory_limit_bytes',
    help: 'Memory limit for the container.',
    type: 'gauge',
    value: memory(({ limitBytes = 0 }) => limitBytes),
  },
  {
    name: 'container_fs_reads_bytes_total',
    help: 'Cumulative count of bytes read',
    type: 'counter',
    value: io(({ readBytes }) => readBytes),
  },
  {
    name: 'container_fs_reads_total',
    help: 'Cumulative count of reads completed',
    type: 'counter',
    value: io(({ reads }) => reads),
  },
  {
    name: 'container_fs_writes_bytes_total',
    help: 'Cumulative count of bytes written',
    type: 'counter',
    value: io(({ writtenBytes }) => writtenBytes),
  },
  {
    name: 'container_fs_writes_total',
    help: 'Cumulative count of writes completed',
    type: 'counter',
    value: io(({ writes }) => writes),
  },
  {
    name: 'container_processes',
    help: 'Number of processes running inside the container.',
    type: 'gauge',
    value: ({ processes }) => processes,
  },
]

const ofInterfaces: readonly { name: string; help: string; value: (usage: InterfaceUsage) => number }[] = (
  [
    ['receive', 'rx', 'received', 'receiving'],
    ['transmit', 'tx', 'transmitted', 'transmitting'],
  ] as const
).flatMap(([verb, side, done, doing]) => [
  {
    name: `container_network_${verb}_bytes_total`,
    help: `Cumulative count of bytes ${done}`,
    value: (usage) => usage[`${side}Bytes`],
  },
  {
    name: `container_network_${verb}_packets_total`,
    help: `Cumulative count of packets ${done}`,
    value: (usage) => usage[`${side}Packets`],
  },
  {
    name: `container_network_${verb}_errors_total`,
    help: `Cumulative count of errors encountered while ${doing}`,
    value: (usage) => usage[`${side}Errors`],
  },
  {
    name: `container_network_${verb}_packets_dropped_total`,
    help: `Cumulative count of packets dropped while ${doing}`,
    value: (usage) => usage[`${side}Dropped`],
  },
])

interface Subject extends Measured {
  labels: Labels
}

/** `/metrics/cadvisor`: containers, pods, all pods together and the node, told apart by labels as cAdvisor tells them. */
export function cadvisorMetrics(
  { time, node, allPods, pods }: Snapshot,
  machine: { cpus: number; memoryBytes: number },
): MetricFamily[] {
  const nobody = { container: '', image: '', name: '', namespace: '', pod: '' }
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({
      ...container,
      labels: {
        container: container.name,
        id: container.path,
        image: container.image,
        name: container.id,
        ...namesOf(pod),
      },
    })),
  )
  const subjects: Subject[] = [
    { ...node, labels: { ...nobody, id: node.path } },
    { ...allPods, labels: { ...nobody, id: allPods.path } },
    ...pods.map((pod) => ({ ...pod, labels: podLabels(pod) })),
    ...containers,
  ]
  return [
    ...ofCgroups.map(({ value, labels: own, ...family }) => ({
      ...family,
      samples: subjects.flatMap(({ usage, labels }) => {
        const found = value(usage)
        return found === undefined ? [] : [{ labels: { ...own, ...labels }, value: found, time }]
      }),
    })),
    {
      name: 'container_start_time_seconds',
      help: 'Start time of the container since unix epoch in seconds.',
      type: 'gauge',
      samples: containers.map(({ labels, startedAt }) => ({ labels, value: startedAt / 1000, time })),
    },
    ...ofInterfaces.map(({ value, ...family }) => ({
      ...family,
      type: 'counter' as const,
      samples: pods.flatMap((pod) =>
        (pod.interfaces ?? []).map((usage) => ({
          labels: { ...podLabels(pod), interface: usage.name },
          value: value(usage),
          time,
        })),
      ),
    })),
    {
      name: 'machine_cpu_cores',
      help: 'Number of logical CPU cores.',
      type: 'gauge',
      samples: [{ labels: {}, value: machine.cpus }],
    },
    {
      name: 'machine_memory_bytes',
      help: 'Amount of memory installed on the machine.',
      type: 'gauge',
      samples: [{ labels: {}, value: machine.memoryBytes }],
    },
  ]
}

const namesOf = ({ pod: { metadata } }: PodSnapshot): Labels => ({
  namespace: metadata.namespace ?? '',
  pod: metadata.name,
})

const podLabels = (pod: PodSnapshot): Labels => ({ container: '', id: pod.path, image: '', name: '', ...namesOf(pod) })
