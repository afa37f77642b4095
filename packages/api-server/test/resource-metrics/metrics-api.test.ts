import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const file = (name: string) => readFileSync(join(server.directory, name))

/** A kubelet whose one busy pod takes half a CPU. */
const startedAt = Date.now()
const kubelet = createServer(
  { cert: file('apiserver.crt'), key: file('apiserver.key'), ca: file('ca.crt'), requestCert: true },
  (request, response) => {
    if (request.url !== '/metrics/resource') return response.writeHead(404).end()
    const now = Date.now()
    const used = (now - startedAt) / 2000
    const busy = 'container="main",namespace="default",pod="busy"'
    response.end(
      [
        `container_cpu_usage_seconds_total{${busy}} ${used} ${now}`,
        `container_memory_working_set_bytes{${busy}} 8388608 ${now}`,
        `container_start_time_seconds{${busy}} ${startedAt / 1000 - 60}`,
        `node_cpu_usage_seconds_total ${used * 2} ${now}`,
        `node_memory_working_set_bytes 1073741824 ${now}`,
        '',
      ].join('\n'),
    )
  },
)
await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
const { port } = kubelet.address() as AddressInfo
t.teardown(async () => {
  kubelet.closeAllConnections()
  kubelet.close()
  await admin.close()
  await server.stop()
})

const node = (name: string, kubeletPort: number) => ({
  metadata: { name, labels: { disk: name } },
  status: {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    allocatable: { cpu: '2', memory: '4Gi', pods: '110' },
    capacity: { cpu: '2', memory: '4Gi', pods: '110' },
  },
})
for (const each of [node('n1', port), node('away', 1)]) {
  await admin.ask('POST', '/api/v1/nodes', each)
  await admin.ask(
    'PATCH',
    `/api/v1/nodes/${each.metadata.name}/status`,
    { status: each.status },
    {
      type: 'application/merge-patch+json',
    },
  )
}
await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
for (const name of ['busy', 'waiting']) {
  await admin.ask('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name, labels: { app: name } },
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'app:1' }] },
  })
}
await admin.ask(
  'PATCH',
  '/api/v1/namespaces/default/pods/busy/status',
  { status: { phase: 'Running' } },
  {
    type: 'application/merge-patch+json',
  },
)

const root = '/apis/metrics.k8s.io/v1beta1'

t.test('it is found where tools look', async (t) => {
  const resources = await admin.ask('GET', root)
  t.match(resources.body.resources, [
    { name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] },
    { name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] },
  ])
  const service = await admin.ask('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io')
  t.match(service.body, {
    spec: { groupPriorityMinimum: 100, versionPriority: 100 },
    status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
  })
})

t.test('nodes: those whose kubelets answer', async (t) => {
  const { body } = await admin.ask('GET', `${root}/nodes`)
  t.match(body, { kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' })
  t.equal(body.items.length, 1)
  t.match(body.items[0], { metadata: { name: 'n1', labels: { disk: 'n1' } }, usage: { memory: '1Gi' } })
  t.match((await admin.ask('GET', `${root}/nodes?labelSelector=disk=none`)).body, { items: [] })
  t.match((await admin.ask('GET', `${root}/nodes/n1`)).body, { kind: 'NodeMetrics', usage: { memory: '1Gi' } })
  for (const name of ['away', 'nobody'])
    t.match(await admin.ask('GET', `${root}/nodes/${name}`), {
      code: 404,
      body: { message: `nodemetrics.metrics.k8s.io "${name}" not found` },
    })
})

t.test('pods: those that run, by namespace and label', async (t) => {
  const { body } = await admin.ask('GET', `${root}/pods`)
  t.equal(body.items.length, 1)
  const [busy] = body.items
  t.match(busy, {
    metadata: { name: 'busy', namespace: 'default', labels: { app: 'busy' } },
    containers: [{ name: 'main', usage: { memory: '8Mi' } }],
  })
  const millicores =
    /^(\d+)m$/.exec(busy.containers[0].usage.cpu)?.[1] ?? Number(busy.containers[0].usage.cpu.slice(0, -1)) / 1e6
  t.ok(Number(millicores) > 400 && Number(millicores) < 600, busy.containers[0].usage.cpu)
  t.match((await admin.ask('GET', `${root}/namespaces/default/pods?labelSelector=app=waiting`)).body, { items: [] })
  t.match((await admin.ask('GET', `${root}/namespaces/other/pods`)).body, { items: [] })
  t.match((await admin.ask('GET', `${root}/namespaces/default/pods/busy`)).body, { kind: 'PodMetrics' })
  t.match(await admin.ask('GET', `${root}/namespaces/default/pods/waiting`), {
    code: 404,
    body: { message: 'podmetrics.metrics.k8s.io "default/waiting" not found' },
  })
})

t.test('as a table', async (t) => {
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
  const { body } = await admin.ask('GET', `${root}/namespaces/default/pods`, undefined, { accept })
  t.same(
    body.columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'cpu', 'memory', 'Window'],
  )
  t.match(body.rows[0].cells, ['busy', String, '8Mi', /^\d/])
})

t.test('nothing else is done with them', async (t) => {
  for (const [method, path] of [
    ['POST', `${root}/nodes`],
    ['DELETE', `${root}/nodes/n1`],
    ['GET', `${root}/nodes?watch=true`],
    ['GET', `${root}/watch/nodes`],
  ] as const)
    t.equal((await admin.ask(method, path, method === 'POST' ? {} : undefined)).code, 405, `${method} ${path}`)
})

t.test('readers of a namespace may read what its pods use', async (t) => {
  const role = await admin.ask(
    'GET',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:aggregated-metrics-reader',
  )
  t.equal(role.body.metadata.labels['rbac.authorization.k8s.io/aggregate-to-view'], 'true')
  const somebody = await requestsOf(server, { name: 'somebody' })
  t.teardown(() => somebody.close())
  t.equal((await somebody.ask('GET', `${root}/nodes`)).code, 403)
})

const run = promisify(execFile)
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
)

t.test('kubectl top', { skip: hasKubectl ? false : 'no kubectl on PATH' }, async (t) => {
  const env = {
    ...process.env,
    KUBECONFIG: await server.kubeconfig(),
    KUBECACHEDIR: join(server.directory, 'kube-cache'),
  }
  const top = async (...args: string[]) => (await run('kubectl', ['top', ...args], { env })).stdout
  t.match(await top('nodes'), /n1 +\d+m +\d+% +1024Mi +25% *\naway +<unknown> +<unknown> +<unknown> +<unknown>/)
  t.match(await top('pods', '--no-headers'), /^busy +\d+m +8Mi/)
  t.match(await top('pods', '-A', '--containers', '--sort-by=cpu'), /default +busy +main +\d+m +8Mi/)
})
