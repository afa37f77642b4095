import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestServer, type TestServer } from '@tandem/api-server/testing/server'
import { startEtcd } from '@tandem/storage/testing/etcd-server'
import t from 'tap'
import { Agent, request } from 'undici'
import { backupCluster, restoreCluster } from '../../src/backup.ts'
import { migrateToEtcd, migrateToLevel } from '../../src/migrate.ts'
import { type ClusterPlan, planClusters } from '../../src/plan.ts'
import { makePlans, readPlans } from '../../src/prepare.ts'
import { dataDirectory, etcdOf, storageFlags } from '../../src/storage.ts'

const etcd = await startEtcd()
t.teardown(() => etcd.remove())
const root = t.testdir()
const host = { hostname: 'host', address: '192.0.2.1', cpus: 2, memoryBytes: 4 << 30, engineSocket: '/none' }
const [first] = planClusters({ root, host, clusters: ['prod'] }) as [ClusterPlan]
await mkdir(first.directory, { recursive: true })
const planned = (): ClusterPlan => readPlans(root)[0] ?? first

interface Body {
  metadata: { resourceVersion: string; uid: string }
  data: Record<string, string>
}

/** A server over what the plan names. */
async function serve(): Promise<{
  server: TestServer
  ask: (method: string, path: string, body?: object) => Promise<Body>
}> {
  const plan = planned()
  const storage = etcdOf(plan)
  const server = await startTestServer(storage ? { etcd: storage } : { dataDir: dataDirectory(plan) })
  const { certificate: cert, key, certificateAuthority: ca } = await server.clientConfig()
  const ask = async (method: string, path: string, body?: object) => {
    const dispatcher = new Agent({ connect: { ca, cert, key } })
    const answer = await request(server.url + path, {
      method: method as 'GET',
      dispatcher,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await answer.body.text()
    await dispatcher.close()
    return JSON.parse(text.split('\n')[0] || '{}') as Body
  }
  return { server, ask }
}

const maps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string) => ({ metadata: { name }, data: { value: name } })

await t.test('a cluster moves into etcd and back', async (t) => {
  const before = await serve()
  const kept = await before.ask('POST', maps, configMap('kept'))
  await before.server.stop()

  const store = { etcdServers: etcd.url }
  const moved = await migrateToEtcd(first, store, { root })
  t.ok(moved.entries > 100)
  t.match(planned(), store, 'the plan names it from then on')
  t.match(storageFlags(planned()), [
    '--storage-backend=etcd3',
    `--etcd-servers=${etcd.url}`,
    '--etcd-prefix=/tandem/prod',
  ])
  await t.rejects(migrateToEtcd(planned(), store, { root }), { message: /is in etcd already/ })

  const there = await serve()
  const now = await there.ask('GET', `${maps}/kept`)
  t.match(now, { data: kept.data, metadata: { uid: kept.metadata.uid } })
  t.ok(Number(now.metadata.resourceVersion) > Number(kept.metadata.resourceVersion), 'no resourceVersion goes back')
  const expired = await there.ask('GET', `${maps}?watch=1&resourceVersion=${kept.metadata.resourceVersion}`)
  t.match(expired, { type: 'ERROR', object: { code: 410, reason: 'Expired' } }, 'watchers list anew')
  const made = await there.ask('POST', maps, configMap('made-there'))
  const file = join(root, 'etcd.backup')
  await copyFile(await there.server.kubeconfig(), join(first.directory, 'admin.conf'))
  const backup = await backupCluster(planned(), file)
  t.ok(backup.entries >= moved.entries, 'a backup of it is made')
  await there.server.stop()
  await t.rejects(restoreCluster(planned(), file, root), { message: /is not empty/ })
  const elsewhere = { ...planned(), etcdPrefix: '/tandem/elsewhere' }
  t.equal((await restoreCluster(elsewhere, file, root)).entries, backup.entries, 'and restored where etcd is empty')

  await migrateToLevel(planned(), { root })
  t.notMatch(planned(), store)
  const back = await serve()
  const again = await back.ask('GET', `${maps}/made-there`)
  t.same(again, made, 'as it was')
  const next = await back.ask('POST', maps, configMap('next'))
  t.ok(Number(next.metadata.resourceVersion) > Number(made.metadata.resourceVersion))
  await back.server.stop()
})

t.test('up does not leave behind what a cluster stores', async (t) => {
  const overrides = { prod: { etcdServers: etcd.url, hostAddress: '192.0.2.1' } }
  await t.rejects(makePlans({ root, clusters: ['prod'], overrides }), { message: /tandem migrate prod etcd moves it/ })
  await rm(dataDirectory(planned()), { recursive: true })
  const [plan] = await makePlans({ root, clusters: ['prod'], overrides })
  t.equal(plan?.etcdServers, etcd.url)
})
