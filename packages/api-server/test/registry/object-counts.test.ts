import { silentLogger, systemClock } from '@tandem/component-base'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import type { Backend } from '@tandem/storage'
import t from 'tap'
import { ObjectCounts } from '../../src/registry/object-counts.ts'
import { configMaps, pods } from './testing.ts'

t.test('objects are counted by resource, and -1 tells that they could not be', async (t) => {
  const stop = new AbortController()
  const deployments = { ...configMaps, group: 'apps', plural: 'deployments' }
  const counts: Record<string, number> = { '/registry/core/configmaps/': 3, '/registry/apps/deployments/': 0 }
  const backend = {
    count: async (prefix: string) => {
      const count = counts[prefix]
      if (count === undefined) throw new Error('away')
      return count
    },
  } as Backend
  const counted = new ObjectCounts(backend, () => [configMaps, deployments, pods])
  const metrics = createMetrics({ process: false })
  counted.describe(metrics)
  const clock = {
    ...systemClock,
    sleep: async (milliseconds: number) => {
      t.equal(milliseconds, 60_000)
      stop.abort()
    },
  }
  await counted.poll(60, { clock, logger: silentLogger, signal: stop.signal })
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('apiserver_'))
  t.same(lines, [
    'apiserver_storage_objects{resource="configmaps"} 3',
    'apiserver_storage_objects{resource="deployments.apps"} 0',
    'apiserver_storage_objects{resource="pods"} -1',
    'apiserver_resource_objects{group="",resource="configmaps"} 3',
    'apiserver_resource_objects{group="apps",resource="deployments"} 0',
    'apiserver_resource_objects{group="",resource="pods"} -1',
  ])
})
