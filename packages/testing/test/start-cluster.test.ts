import { existsSync } from 'node:fs'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { waitFor } from '@tandem/client/wait-for'
import t from 'tap'
import { startCluster } from '../src/index.ts'

t.test('a cluster in this process: objects, controllers, the scheduler, and nothing left after', async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  const { client } = cluster
  await client.create(configMaps, { metadata: { name: 'a', namespace: 'default' }, data: { b: 'c' } })
  t.same((await client.get(configMaps, { namespace: 'default', name: 'a' })).data, { b: 'c' })

  await client.create(nodes, {
    metadata: { name: 'one' },
    spec: {},
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
      capacity: { cpu: '4', memory: '8Gi', pods: '110' },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          lastHeartbeatTime: new Date().toISOString(),
          lastTransitionTime: new Date().toISOString(),
        },
      ],
    },
  } as never)
  await client.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
    },
  } as never)
  const created = await waitFor(
    client,
    deployments,
    { namespace: 'default', name: 'web' },
    (object) => object?.status?.replicas === 2,
    { timeoutMs: 10_000 },
  )
  t.equal(created?.status?.updatedReplicas, 2)
  const [pod] = (await client.list(pods, { namespace: 'default' })).items
  const bound = await waitFor(
    client,
    pods,
    pod?.metadata ?? { name: '' },
    (object) => object?.spec.nodeName === 'one',
    { timeoutMs: 10_000 },
  )
  t.equal(bound?.spec.nodeName, 'one')

  await cluster.stop()
  t.notOk(existsSync(cluster.kubeconfig), 'its files are gone')
})
