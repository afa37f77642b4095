import { load } from 'js-yaml'
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
for (const name of ['a', 'b']) await admin.ask('POST', maps, { metadata: { name }, data: { key: name } })

const as = (kind: string, version = 'v1', type = 'application/json') => `${type};as=${kind};v=${version};g=meta.k8s.io`
const ask = (path: string, accept: string) => admin.ask('GET', path, undefined, { accept })
const protobuf = 'application/vnd.kubernetes.protobuf'

t.test('tables, in both versions, of one object and of many', async (t) => {
  for (const version of ['v1', 'v1beta1'])
    for (const path of [maps, `${maps}/a`]) {
      const { body } = await ask(path, as('Table', version))
      t.match(body, {
        kind: 'Table',
        apiVersion: `meta.k8s.io/${version}`,
        metadata: { resourceVersion: /\d+/ },
        columnDefinitions: [{ name: 'Name', type: 'string', format: 'name', priority: 0 }],
        rows: [{ cells: ['a', 1], object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}` } }],
      })
    }
})

t.test('what of the object a row has', async (t) => {
  const rowOf = async (query: string) => (await ask(`${maps}/a${query}`, as('Table'))).body.rows[0].object
  t.equal(await rowOf('?includeObject=None'), null)
  t.match(await rowOf('?includeObject=Object'), { kind: 'ConfigMap', apiVersion: 'v1', data: { key: 'a' } })
  t.match(await rowOf('?includeObject=Metadata'), { kind: 'PartialObjectMetadata', metadata: { name: 'a' } })
  t.match((await ask(`${maps}/a?includeObject=All`, as('Table'))).body, {
    code: 400,
    message:
      "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
  })
})

t.test('a watch names the columns of its table once', async (t) => {
  const path = `${maps}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&includeObject=None`
  const { text } = await ask(path, as('Table'))
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(events.slice(0, 2), [
    { type: 'ADDED', object: { columnDefinitions: [{ name: 'Name' }], rows: [{ cells: ['a', 1] }] } },
    { type: 'ADDED', object: { columnDefinitions: null, rows: [{ cells: ['b', 1] }] } },
  ])
  const end = events.find(({ type }) => type === 'BOOKMARK')
  t.equal(end.object.rows[0].object.metadata.annotations['k8s.io/initial-events-end'], 'true')
})

t.test('metadata alone: of one, of many, and not the one for the other', async (t) => {
  t.match((await ask(`${maps}/a`, as('PartialObjectMetadata', 'v1beta1'))).body, {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1beta1',
  })
  t.match((await ask(maps, as('PartialObjectMetadataList'))).body, {
    kind: 'PartialObjectMetadataList',
    items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'a' } }, {}],
  })
  t.match((await ask(maps, as('PartialObjectMetadata'))).body, {
    code: 406,
    reason: 'NotAcceptable',
    message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
  })
  t.match((await ask(`${maps}/a`, as('PartialObjectMetadataList'))).body, {
    code: 406,
    message: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
  })
})

t.test('events in protobuf say how long they are', async (t) => {
  const { bytes, headers } = await ask(`${maps}?watch=true&timeoutSeconds=1`, protobuf)
  t.equal(headers['content-type'], `${protobuf};stream=watch`)
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) {
    const length = bytes.readUInt32BE(at)
    const event = bytes.subarray(at + 4, at + 4 + length)
    t.equal(event.subarray(0, 7).toString('latin1'), '\n\x05ADDED')
    t.ok(event.includes('k8s\0'), 'the object is in an envelope of its own')
    at += 4 + length
  }
  t.equal(frames, 2)
})

t.test('what has no such form is refused', async (t) => {
  const refused: [path: string, accept: string, message: string][] = [
    [
      `${maps}?watch=true`,
      'application/yaml',
      'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
    ],
    [
      maps,
      as('Table', 'v1', protobuf),
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      maps,
      'application/cbor',
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
  ]
  for (const [path, accept, message] of refused)
    t.match(load((await ask(path, accept)).text), { code: 406, reason: 'NotAcceptable', message }, accept)
  const cbor = await admin.ask('POST', maps, 'x', { type: 'application/cbor' })
  t.match(cbor.body, {
    code: 415,
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  })
})
