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
const count = 450
for (let from = 0; from < count; from += 50)
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      admin.ask('POST', maps, { metadata: { name: `m${String(from + i).padStart(4, '0')}` }, data: { a: 'ä' } }),
    ),
  )

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const metadata = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

t.test('a list too long for one piece is whole, in every form', async (t) => {
  const plain = await admin.ask('GET', maps)
  t.equal(plain.body.items.length, count)
  t.match(plain.body, { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: /\d+/ } })
  const names = plain.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)
  t.equal(new Set(names).size, count)

  const rows = await admin.ask('GET', maps, undefined, { accept: table })
  t.same(
    rows.body.rows.map(({ cells }: { cells: string[] }) => cells[0]),
    names,
    'as a table',
  )
  const partial = await admin.ask('GET', maps, undefined, { accept: metadata })
  t.same(
    partial.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    names,
    'metadata alone',
  )
  const pretty = await admin.ask('GET', `${maps}?pretty=true`)
  t.same(pretty.body, plain.body, 'indented')
  const yaml = await admin.ask('GET', maps, undefined, { accept: 'application/yaml' })
  t.equal(
    yaml.text.match(/^ {2}- kind: ConfigMap$/gm)?.length ?? yaml.text.match(/kind: ConfigMap$/gm)?.length,
    count,
    'as YAML',
  )
})
