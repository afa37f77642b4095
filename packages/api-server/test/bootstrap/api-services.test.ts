import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
t.teardown(async () => {
  await admin.close()
  await server.stop()
})

const path = '/apis/apiregistration.k8s.io/v1/apiservices'
const labels = { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' }

t.test('every group version that is served has an APIService, and only those', async (t) => {
  const served = [
    ...(await admin.ask('GET', '/api')).body.versions.map((version: string) => `${version}.`),
    ...(await admin.ask('GET', '/apis')).body.groups.flatMap(
      ({ name, versions }: { name: string; versions: { version: string }[] }) =>
        name === 'apiregistration.k8s.io' ? [] : versions.map(({ version }) => `${version}.${name}`),
    ),
  ]
  const { items } = (await admin.ask('GET', path)).body
  t.strictSame(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort(), served.sort())
  t.match(
    items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'v1.apps'),
    {
      metadata: { labels },
      spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 },
      status: {
        conditions: [
          { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
        ],
      },
    },
  )
})

t.test('at a start what is missing comes back, and what is not served any more goes', async (t) => {
  await admin.ask('DELETE', `${path}/v1.batch`)
  const spec = { group: 'gone.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 1 }
  await admin.ask('POST', path, { metadata: { name: 'v1.gone.example.com', labels }, spec })
  const service = { namespace: 'default', name: 'mine' }
  const mine = { group: 'mine.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 1, service }
  await admin.ask('POST', path, { metadata: { name: 'v1.mine.example.com' }, spec: mine })
  await server.restart()
  t.equal((await admin.ask('GET', `${path}/v1.batch`)).code, 200)
  t.equal((await admin.ask('GET', `${path}/v1.gone.example.com`)).code, 404)
  t.equal((await admin.ask('GET', `${path}/v1.mine.example.com`)).code, 200)
})
