import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
t.teardown(async () => {
  await admin.close()
  await server.stop()
})

const maps = '/api/v1/namespaces/default/configmaps'
const json = { type: 'application/json-patch+json' }

t.test('a key may be called as the prototype is', async (t) => {
  await admin.ask('POST', maps, { metadata: { name: 'keys' }, data: { a: '1' } })
  const added = await admin.ask('PATCH', `${maps}/keys`, [{ op: 'add', path: '/data/__proto__', value: 'kept' }], json)
  t.equal(added.code, 200, added.text)
  const { text } = await admin.ask('GET', `${maps}/keys`)
  t.match(text, /"data":\{"__proto__":"kept","a":"1"\}/)
  const merged = await admin.ask('PATCH', `${maps}/keys`, '{"data":{"__proto__":null}}', {
    type: 'application/merge-patch+json',
  })
  t.same(merged.body.data, { a: '1' })
})

t.test('what admission sets belongs to nobody', async (t) => {
  await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  const { body } = await admin.ask('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  })
  t.equal(body.spec.serviceAccountName, 'default')
  t.equal(body.spec.priority, 0)
  const [{ fieldsV1 }] = body.metadata.managedFields
  t.ok('f:restartPolicy' in fieldsV1['f:spec'], 'defaults are counted')
  for (const field of ['f:serviceAccountName', 'f:priority', 'f:tolerations'])
    t.notOk(field in fieldsV1['f:spec'], field)
})
