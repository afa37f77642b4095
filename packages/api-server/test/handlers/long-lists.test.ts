import { get } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { load } from 'js-yaml'
import protobuf from 'protobufjs'
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
  t.equal(pretty.text, `${JSON.stringify(plain.body, undefined, 2)}\n`, 'indented')
  const yaml = await admin.ask('GET', maps, undefined, { accept: 'application/yaml' })
  t.same(load(yaml.text), plain.body, 'as YAML')
  t.match(
    yaml.text,
    /^apiVersion: v1\nitems:\n- apiVersion: v1\n {2}data:\n {4}a: ä\n/,
    'keys in order, as Go prints them',
  )
})

/** What the test reads of the messages, written down apart from the server's own schema. */
const { root } = protobuf.parse(`syntax = "proto3";
message TypeMeta { string apiVersion = 1; string kind = 2; }
message Unknown { TypeMeta typeMeta = 1; bytes raw = 2; string contentEncoding = 3; string contentType = 4; }
message ListMeta { string resourceVersion = 2; }
message ObjectMeta { string name = 1; string namespace = 3; }
message ConfigMap { ObjectMeta metadata = 1; map<string, string> data = 2; }
message ConfigMapList { ListMeta metadata = 1; repeated ConfigMap items = 2; }`)

t.test('in protobuf the envelope says how long the list is', async (t) => {
  const { body } = await admin.ask('GET', maps)
  for (const [accept, kind, apiVersion] of [
    ['application/vnd.kubernetes.protobuf', 'ConfigMapList', 'v1'],
    [
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      'PartialObjectMetadataList',
      'meta.k8s.io/v1',
    ],
  ] as const) {
    const { bytes } = await admin.ask('GET', maps, undefined, { accept })
    t.equal(bytes.subarray(0, 4).toString('latin1'), 'k8s\0')
    const envelope = root.lookupType('Unknown').decode(bytes.subarray(4)).toJSON()
    t.same(envelope.typeMeta, { apiVersion, kind })
    const list = root.lookupType('ConfigMapList').decode(Buffer.from(envelope.raw, 'base64')).toJSON()
    t.equal(list.metadata.resourceVersion, body.metadata.resourceVersion)
    t.same(
      list.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
      body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    )
    t.same(list.items[0].data, kind === 'ConfigMapList' ? { a: 'ä' } : undefined)
  }
})

t.test('what is long is compressed for those who take it', async (t) => {
  const text = 'x'.repeat(200_000)
  await admin.ask('POST', maps, { metadata: { name: 'long' }, data: { text } })
  const headers = { 'accept-encoding': 'gzip' }
  for (const path of [`${maps}/long`, maps]) {
    const plain = await admin.ask('GET', path)
    const compressed = await admin.ask('GET', path, undefined, { headers })
    t.equal(compressed.headers['content-encoding'], 'gzip', path)
    t.equal(gunzipSync(compressed.bytes).toString(), plain.text)
    t.equal(plain.headers['content-encoding'], undefined)
  }
  const short = await admin.ask('GET', `${maps}/m0000`, undefined, { headers })
  t.equal(short.headers['content-encoding'], undefined)
  await admin.ask('DELETE', `${maps}/long`)
})

t.test('a list that nobody reads any more ends, and others go on', async (t) => {
  const { certificate: cert, key, certificateAuthority: ca } = await server.clientConfig()
  await new Promise<void>((resolve, reject) => {
    const request = get(`${server.url}${maps}?pretty=true`, { cert, key, ca }, (answer) => {
      answer.once('data', () => answer.destroy())
      answer.once('close', resolve)
    })
    request.once('error', reject)
  })
  t.equal((await admin.ask('GET', maps)).body.items.length, count)
})
