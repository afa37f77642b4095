import type { Pod } from '@tandem/api/core/v1/types'
import { createMetrics, type Metrics } from '@tandem/component-base/metrics/metrics'

/** What the kubelet counts, under upstream's names. */
export function kubeletMetrics({ nodeName, pods }: { nodeName: string; pods(): readonly Pod[] }): Metrics {
  const metrics = createMetrics()
  metrics
    .gauge({ name: 'kubelet_node_name', help: "The node's name. The count is always 1.", labels: ['node'] })
    .set({ node: nodeName }, 1)
  metrics.gauge({
    name: 'kubelet_running_pods',
    help: 'Number of pods that have a running pod sandbox',
    collect: (gauge) => gauge.set(pods().filter(({ status }) => status?.phase === 'Running').length),
  })
  metrics.gauge({
    name: 'kubelet_running_containers',
    help: 'Number of containers currently running',
    labels: ['container_state'],
    collect(gauge) {
      const states = pods().flatMap(({ status }) => status?.containerStatuses ?? [])
      gauge.set({ container_state: 'running' }, states.filter(({ state }) => state?.running).length)
      gauge.set({ container_state: 'exited' }, states.filter(({ state }) => state?.terminated).length)
    },
  })
  metrics.gauge({
    name: 'kubelet_desired_pods',
    help: 'The number of pods the kubelet is being instructed to run.',
    collect: (gauge) => gauge.set(pods().length),
  })
  return metrics
}
