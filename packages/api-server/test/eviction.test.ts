import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'
import { requestsOf } from './request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
t.teardown(async () => {
  await admin.close()
  await server.stop()
})

const pods = '/api/v1/namespaces/default/pods'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const merge = { type: 'application/merge-patch+json' }
await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })

const runPod = async (name: string, { ready }: { ready: boolean }) => {
  const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] }
  await admin.ask('POST', pods, { metadata: { name, labels: { app: name.split('-')[0] } }, spec })
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }]
  await admin.ask('PATCH', `${pods}/${name}/status`, { status: { phase: 'Running', conditions } }, merge)
}
const evict = (name: string) =>
  admin.ask('POST', `${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
const guard = async (app: string, status?: object) => {
  const spec = { minAvailable: 1, selector: { matchLabels: { app } } }
  await admin.ask('POST', budgets, { metadata: { name: app }, spec })
  if (status) await admin.ask('PATCH', `${budgets}/${app}/status`, { status }, merge)
}

const refusal = "Cannot evict pod as it would violate the pod's disruption budget."

t.test('nobody guards the pod', async (t) => {
  await runPod('free-1', { ready: true })
  t.match((await evict('free-1')).body, { status: 'Success', code: 201 })
  t.match((await admin.ask('GET', `${pods}/free-1`)).body, {
    metadata: { deletionTimestamp: /./ },
    status: { conditions: [{ type: 'Ready' }, { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
  })
})

t.test('a budget that its controller has not looked at', async (t) => {
  await runPod('new-1', { ready: true })
  await guard('new')
  t.match((await evict('new-1')).body, {
    code: 429,
    message: refusal,
    details: {
      retryAfterSeconds: 10,
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget new is still being processed by the server.' },
      ],
    },
  })
})

t.test('a budget that allows one', async (t) => {
  for (const name of ['one-1', 'one-2']) await runPod(name, { ready: true })
  await guard('one', {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
  })
  t.match((await evict('one-1')).body, { status: 'Success' })
  t.match((await admin.ask('GET', `${budgets}/one`)).body.status, {
    disruptionsAllowed: 0,
    disruptedPods: { 'one-1': /./ },
  })
  t.match((await evict('one-2')).body, {
    code: 429,
    message: refusal,
    details: { causes: [{ message: 'The disruption budget one does not allow evicting pods currently' }] },
  })
  t.equal((await admin.ask('GET', `${pods}/one-2`)).body.metadata.deletionTimestamp, undefined)
})

t.test('a pod that is not ready is no loss while the rest is healthy', async (t) => {
  await runPod('sick-1', { ready: false })
  await guard('sick', {
    observedGeneration: 1,
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 2,
  })
  t.match((await evict('sick-1')).body, { status: 'Success' })
})

t.test('two budgets', async (t) => {
  await runPod('twice-1', { ready: true })
  await guard('twice')
  await admin.ask('POST', budgets, {
    metadata: { name: 'again' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'twice' } } },
  })
  t.match((await evict('twice-1')).body, {
    code: 500,
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  })
})

t.test('another name in the body', async (t) => {
  const answer = await admin.ask('POST', `${pods}/twice-1/eviction`, { metadata: { name: 'x' } })
  t.match(answer.body, { code: 400, message: 'name in URL does not match name in Eviction object' })
})
