import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer } from '@tandem/api-server/testing/server'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import t from 'tap'
import { Agent, request } from 'undici'
import { backupCluster, restoreCluster } from '../src/backup.ts'
import { type ClusterPlan, planClusters } from '../src/plan.ts'
import { dataDirectory } from '../src/storage.ts'
import { identify } from '../src/supervisor/process-identity.ts'
import { writePid } from '../src/supervisor/supervisor.ts'

const root = await mkdtemp(join(tmpdir(), 'tandem-backup-'))
const host = { hostname: 'host', address: '192.0.2.1', cpus: 2, memoryBytes: 4 << 30, engineSocket: '/none' }
const [plan, other] = planClusters({ root, host, clusters: ['prod', 'staging'], beside: [], overrides: {} }) as [
  ClusterPlan,
  ClusterPlan,
]
const { serviceCidr: serviceClusterIpRange } = plan
await mkdir(plan.directory, { recursive: true })
const server = await startTestServer({ dataDir: dataDirectory(plan), serviceClusterIpRange })
const kubeconfig = join(plan.directory, 'admin.conf')
await copyFile(await server.kubeconfig(), kubeconfig)
const { certificateAuthority: ca, clientCertificate: cert, clientKey: key } = await loadKubeconfig(kubeconfig)
const dispatcher = new Agent({ connect: { ca, cert, key } })
t.teardown(async () => {
  await dispatcher.close()
  await server.stop()
  await rm(root, { recursive: true, force: true })
})

const maps = '/api/v1/namespaces/default/configmaps'
async function ask(method: string, path: string, body?: object) {
  const answer = await request(server.url + path, {
    method: method as 'GET',
    dispatcher,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return JSON.parse((await answer.body.text()).split('\n')[0] || '{}')
}
const configMap = (name: string) => ({ metadata: { name }, data: { value: name } })
const file = join(root, 'backups', 'prod.backup')

await t.test('a cluster is backed up while it runs, and restored while it does not', async (t) => {
  const kept = await ask('POST', maps, configMap('kept'))
  const result = await backupCluster(plan, file)
  t.match(result, { file, revision: Number(kept.metadata.resourceVersion) })
  t.equal((await stat(file)).mode & 0o777, 0o600, 'Secrets are in it')
  t.same(await readdir(join(root, 'backups')), ['prod.backup'])
  const later = await ask('POST', maps, configMap('later'))
  await ask('DELETE', `${maps}/kept`)

  await t.rejects(restoreCluster(plan, file, root), { code: 'STORAGE_LOCKED', message: /is in use by process/ })
  await server.server.stop()
  const restored = await restoreCluster(plan, file, root)
  t.match(restored, { entries: result.entries, revision: result.revision })
  t.match(restored.before, dataDirectory(plan))
  await server.restart()

  t.same(await ask('GET', `${maps}/kept`), kept, 'as it was, its uid and resourceVersion too')
  t.equal((await ask('GET', `${maps}/later`)).reason, 'NotFound')
  const { resourceVersion } = later.metadata
  const expired = await ask('GET', `${maps}?watch=1&resourceVersion=${resourceVersion}`)
  t.match(expired, { type: 'ERROR', object: { code: 410, reason: 'Expired' } }, 'who saw more lists anew')
  const next = await ask('POST', maps, configMap('next'))
  t.ok(Number(next.metadata.resourceVersion) > Number(resourceVersion))
})

t.test('a cluster that is stopped is backed up from its files', async (t) => {
  const offline = join(root, 'offline.backup')
  await server.server.stop()
  const result = await backupCluster(plan, offline)
  await server.restart()
  t.ok(result.entries > 0)
  t.equal((await ask('GET', `${maps}/kept`)).data.value, 'kept')
})

t.test('who may not do everything gets no backup', async (t) => {
  const user = await server.clientConfig({ name: 'bob', groups: ['dev'] })
  const agent = new Agent({ connect: { ca: user.certificateAuthority, cert: user.certificate, key: user.key } })
  const { statusCode, body } = await request(`${server.url}/tandem/backup`, { dispatcher: agent })
  await body.dump()
  await agent.close()
  t.equal(statusCode, 403)
})

const damaged = join(root, 'damaged.backup')
await writeFile(damaged, (await readFile(file)).subarray(0, -40))
const foreign = join(root, 'foreign.backup')
await writeFile(foreign, 'tandem backup 9\n{}\n')

const refused: [name: string, plan: ClusterPlan, file: string, message: RegExp][] = [
  ['a file that is not there', plan, join(root, 'none'), /no such file/],
  ['a damaged file', plan, damaged, /damaged\.backup is (cut off|damaged)/],
  ['a file of another version', plan, foreign, /is of format 9, and this version of Tandem reads format 1/],
  [
    'a cluster with Services elsewhere',
    other,
    file,
    /whose Services are in 10\.96\.0\.0\/16; those of staging are in 10\.97/,
  ],
]
for (const [name, into, from, message] of refused)
  t.test(`not restored: ${name}`, (t) => t.rejects(restoreCluster(into, from, root), { message }))

t.test('not restored: a cluster that runs', async (t) => {
  const self = identify(process.pid)
  if (!self) return
  const run = join(other.directory, 'run')
  await mkdir(run, { recursive: true })
  writePid(run, 'apiserver', self)
  await t.rejects(restoreCluster(other, file, root), {
    message: 'staging is running; stop it with tandem down staging',
  })
  await rm(run, { recursive: true })
})

t.test('no file is overwritten', (t) =>
  t.rejects(backupCluster(plan, file), { code: 'STORAGE_BACKUP', message: `${file} is there already` }),
)
