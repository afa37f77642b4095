import type { CgroupUsage } from './cgroup-usage.ts'
import type { ExposedSample, MetricFamily } from './exposition.ts'
import type { ContainerSnapshot, PodSnapshot, Snapshot } from './snapshot.ts'

type Labels = Readonly<Record<string, string>>

interface Subject {
  usage: CgroupUsage
  labels: Labels
}

/** `/metrics/resource`: what autoscalers and `kubectl top` stand on, each figure with the moment at which it was read. */
export function resourceMetrics({ time, node, pods }: Snapshot): MetricFamily[] {
  const containers = pods.flatMap((pod) =>
    pod.containers.map((container) => ({ container, usage: container.usage, labels: containerLabels(pod, container) })),
  )
  const podSubjects = pods.map((pod) => ({ usage: pod.usage, labels: podLabels(pod) }))
  return [
    ...families('container', 'container', containers, time),
    {
      name: 'container_start_time_seconds',
      help: 'Start time of the container since unix epoch in seconds',
      type: 'gauge',
      samples: containers
        .filter(({ container }) => container.startedAt > 0)
        .map(({ container, labels }) => ({ labels, value: container.startedAt / 1000 })),
    },
    ...families('node', 'node', [{ usage: node.usage, labels: {} }], time),
    ...families('pod', 'pod', podSubjects, time),
    {
      name: 'resource_scrape_error',
      help: '1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      samples: [{ labels: {}, value: 0 }],
    },
  ]
}

function families(prefix: string, what: string, subjects: readonly Subject[], time: number): MetricFamily[] {
  const samples = (value: (usage: CgroupUsage) => number | undefined): ExposedSample[] =>
    subjects.flatMap(({ usage, labels }) => {
      const found = value(usage)
      return found === undefined ? [] : [{ labels, value: found, time }]
    })
  return [
    {
      name: `${prefix}_cpu_usage_seconds_total`,
      help: `Cumulative cpu time consumed by the ${what} in core-seconds`,
      type: 'counter',
      samples: samples(({ cpu }) => cpu && cpu.nanoseconds / 1e9),
    },
    {
      name: `${prefix}_memory_working_set_bytes`,
      help: `Current working set of the ${what} in bytes`,
      type: 'gauge',
      samples: samples(({ memory }) => memory?.workingSetBytes),
    },
    {
      name: `${prefix}_swap_usage_bytes`,
      help: `Current ${prefix === 'node' ? 'swap usage of the node' : `amount of the ${what} swap usage`} in bytes. Reported only on non-windows systems`,
      type: 'gauge',
      samples: samples(({ memory }) => memory?.swapBytes),
    },
  ]
}

const podLabels = ({ pod: { metadata } }: PodSnapshot): Labels => ({
  namespace: metadata.namespace ?? '',
  pod: metadata.name,
})

const containerLabels = (pod: PodSnapshot, { name }: ContainerSnapshot): Labels => ({
  container: name,
  ...podLabels(pod),
})
