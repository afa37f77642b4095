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

const strict = '?fieldValidation=Strict&fieldManager=test'
const warned = ({ headers }: { headers: Record<string, unknown> }): string[] =>
  [...String(headers.warning ?? '').matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text = '']) => JSON.parse(text))

t.test('what is wrong with a text is told, whatever its form', async (t) => {
  const yaml = 'metadata:\n  name: twice\ndata:\n  a: "1"\n  a: "2"\nbogus: 1\nalso: 1\n'
  const type = 'application/yaml'
  const both = 'line 5: key "a" already set in map'
  const refused = await admin.ask('POST', maps + strict, yaml, { type })
  t.equal(refused.code, 400)
  t.match(
    refused.body.message,
    `strict decoding error: yaml: unmarshal errors:\n  ${both}, unknown field "also", unknown field "bogus"`,
  )
  const taken = await admin.ask('POST', maps, yaml, { type })
  t.equal(taken.body.data.a, '2', 'the last counts')
  t.same(warned(taken), [both, 'unknown field "also"', 'unknown field "bogus"'])
  const silent = await admin.ask('PUT', `${maps}/twice?fieldValidation=Ignore`, yaml, { type })
  t.same(warned(silent), [])
})

t.test('of a JSON patch, members that no operation has, and those named twice', async (t) => {
  const patch =
    '[{"op":"add","path":"/data/b","value":"1","foo":1},{"op":"add","path":"/x","path":"/data/c","value":"2"}]'
  const faults = ['json patch unknown field "[0].foo"', 'json patch duplicate field "[1].path"']
  const refused = await admin.ask('PATCH', `${maps}/twice${strict}`, patch, json)
  t.equal(refused.code, 422)
  t.match(refused.body.message, `strict decoding error: ${faults.join(', ')}`)
  const taken = await admin.ask('PATCH', `${maps}/twice`, patch, json)
  t.match(taken.body.data, { b: '1', c: '2' })
  t.same(warned(taken), faults)
})

t.test('of a merge patch, members named twice', async (t) => {
  const type = 'application/merge-patch+json'
  const taken = await admin.ask('PATCH', `${maps}/twice`, '{"data":{"d":"1","d":"2"}}', { type })
  t.same(warned(taken), ['duplicate field "data.d"'])
})

t.test('an applied configuration: keys named twice, and fields that its kind does not have', async (t) => {
  const type = 'application/apply-patch+yaml'
  const twice = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  e: "1"\n  e: "2"\n'
  const refused = await admin.ask('PATCH', `${maps}/applied${strict}`, twice, { type })
  t.match(refused.body, {
    code: 400,
    message: /^error strict decoding YAML: .*\n {2}line 5: key "e" already set in map$/,
  })
  const taken = await admin.ask('PATCH', `${maps}/applied?fieldManager=test`, twice, { type })
  t.same(warned(taken), ['line 5: key "e" already set in map'])
  const unknown = await admin.ask(
    'PATCH',
    `${maps}/applied?fieldManager=test`,
    { data: { e: '1' }, bogus: 1 },
    { type },
  )
  t.match(unknown.body, {
    code: 400,
    message:
      'failed to create typed patch object (default/applied; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
  })
  const nested = await admin.ask(
    'PATCH',
    '/api/v1/namespaces/default/pods/p?fieldManager=test&force=true',
    { spec: { containers: [{ name: 'c', imag: 'x', env: [{ name: 'A', valu: '1' }] }] } },
    { type },
  )
  t.match(
    nested.body.message,
    'errors:\n  .spec.containers[name="c"].imag: field not declared in schema\n  .spec.containers[name="c"].env[name="A"].valu: field not declared in schema',
  )
})
