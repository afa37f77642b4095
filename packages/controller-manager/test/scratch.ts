import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { events } from '@tandem/api/core/v1/event'
import { pods } from '@tandem/api/core/v1/pod'
import { startTestCluster } from './real-api/cluster.ts'

const c = await startTestCluster()
const t0 = Date.now()
const log = (...a: unknown[]) => console.log(Date.now() - t0, ...a)
await c.client.create(deployments, {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } } as never, spec: { containers: [{ name: 'c', image: 'x' }] } },
  },
})
for (let i = 0; i < 10; i++) {
  await new Promise((r) => setTimeout(r, 100))
  await c.runPods()
  const d = await c.client.get(deployments, { namespace: 'default', name: 'web' })
  log(JSON.stringify(d.status), d.metadata.annotations)
  if (i == 4)
    await c.client.patch(
      deployments,
      { namespace: 'default', name: 'web' },
      { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image: 'y' }] } } } } },
    )
}
for (const r of (await c.client.list(replicaSets)).items)
  log(r.metadata.name, r.metadata.annotations, JSON.stringify(r.status), r.spec.replicas)
for (const r of (await c.client.list(pods)).items)
  log(r.metadata.name, r.spec.containers[0]?.image, r.status?.phase, r.metadata.deletionTimestamp)
for (const r of (await c.client.list(events)).items) log(r.reason, r.message, r.source?.component)
await c.stop()
