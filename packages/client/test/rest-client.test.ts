import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type KubernetesObject, type ResourceDefinition, StatusError } from '@tandem/apimachinery'
import t from 'tap'
import { createClient } from '../src/rest-client.ts'

const things: ResourceDefinition<KubernetesObject> = {
  group: 'x.io',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  scope: 'Namespaced',
  schema: '',
}
const key = { namespace: 'ns', name: 'a' }
const thing = { metadata: { ...key, uid: 'u', resourceVersion: '1', creationTimestamp: '' } }

type Tap = { teardown(done: () => Promise<void>): void }
interface Seen {
  line: string
  headers: IncomingMessage['headers']
  body: string
}

/** A server that answers as told and remembers what it was asked. */
async function serve(t: Tap, answer: (response: ServerResponse, count: number) => void, token?: () => Promise<string>) {
  const seen: Seen[] = []
  const ports = new Set<number | undefined>()
  const server = createServer(async (request, response) => {
    ports.add(request.socket.remotePort)
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: await text(request) })
    answer(response, seen.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = createClient({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...(token && { token }),
  })
  t.teardown(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, seen, ports }
}
const json =
  (value: unknown, code = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))

t.test('every call is the request that the API has for it', async (t) => {
  const { client, seen } = await serve(t, json({ metadata: {}, items: [] }))
  await client.get(things, key)
  await client.get(things, key, { subresource: 'status' })
  await client.list(things, { namespace: 'ns', labelSelector: 'a=b', limit: 5 })
  await client.list(things)
  await client.create(things, { metadata: { generateName: 'a-', namespace: 'ns' } }, { dryRun: true })
  await client.update(things, thing, { subresource: 'status', fieldManager: 'me' })
  await client.patch(things, key, { type: 'strategic', body: { x: 1 } })
  await client.patch(things, key, { type: 'apply', body: { x: 1 } }, { fieldManager: 'me', force: true })
  await client.delete(things, key, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } })
  await client.deleteCollection(things, { namespace: 'ns', fieldSelector: 'metadata.name=a' })
  await client.createSubresource(things, key, 'eviction', {})
  await client.request({ path: '/version', query: { timeout: '1s', none: undefined } })
  const root = '/apis/x.io/v1'
  t.same(
    seen.map(({ line }) => line),
    [
      `GET ${root}/namespaces/ns/things/a`,
      `GET ${root}/namespaces/ns/things/a/status`,
      `GET ${root}/namespaces/ns/things?labelSelector=a%3Db&limit=5`,
      `GET ${root}/things`,
      `POST ${root}/namespaces/ns/things?dryRun=All`,
      `PUT ${root}/namespaces/ns/things/a/status?fieldManager=me`,
      `PATCH ${root}/namespaces/ns/things/a`,
      `PATCH ${root}/namespaces/ns/things/a?fieldManager=me&force=true`,
      `DELETE ${root}/namespaces/ns/things/a`,
      `DELETE ${root}/namespaces/ns/things?fieldSelector=metadata.name%3Da`,
      `POST ${root}/namespaces/ns/things/a/eviction`,
      'GET /version?timeout=1s',
    ],
  )
  t.equal(seen[6]?.headers['content-type'], 'application/strategic-merge-patch+json')
  t.same(JSON.parse(seen[7]?.body ?? ''), { apiVersion: 'x.io/v1', kind: 'Thing', x: 1 })
  t.match(JSON.parse(seen[8]?.body ?? ''), {
    kind: 'DeleteOptions',
    propagationPolicy: 'Foreground',
    preconditions: { uid: 'u' },
  })
})

t.test('requests one after the other, deletions too, do not end their connections', async (t) => {
  const { client, ports } = await serve(t, json({ metadata: {} }))
  for (let round = 0; round < 20; round++) {
    await client.delete(things, key, { gracePeriodSeconds: 0 })
    await client.get(things, key)
  }
  // One may still be giving back the last answer when the next request comes.
  t.ok(ports.size <= 2, `${ports.size} connections`)
})

t.test('items of a list say what they are', async (t) => {
  const { client } = await serve(t, json({ metadata: { resourceVersion: '7' }, items: [thing] }))
  t.match(await client.list(things), { items: [{ apiVersion: 'x.io/v1', kind: 'Thing' }] })
})

t.test('a failure is the server’s Status', async (t) => {
  const { client } = await serve(
    t,
    json({ kind: 'Status', code: 404, reason: 'NotFound', message: 'things.x.io "a" not found' }, 404),
  )
  await t.rejects(client.get(things, key), {
    constructor: StatusError,
    code: 404,
    reason: 'NotFound',
    message: 'things.x.io "a" not found',
  })
})

t.test('a failure that is no Status is made one', async (t) => {
  const { client } = await serve(t, (response) => void response.writeHead(502).end('bad gateway'))
  await t.rejects(client.get(things, key), { code: 502, reason: 'InternalError', message: 'bad gateway' })
})

t.test('when the server says to come again it is asked again', async (t) => {
  const { client, seen } = await serve(t, (response, count) =>
    count < 3 ? void response.writeHead(429, { 'retry-after': '0' }).end() : json(thing)(response),
  )
  t.match(await client.get(things, key), thing)
  t.equal(seen.length, 3)
})

t.test('a token is asked for with every request', async (t) => {
  let count = 0
  const { client, seen } = await serve(t, json(thing), async () => `token-${++count}`)
  await client.get(things, key)
  await client.get(things, key)
  t.same(
    seen.map(({ headers }) => headers.authorization),
    ['Bearer token-1', 'Bearer token-2'],
  )
})

t.test('a watch gives events as they come, cut wherever the network cut them', async (t) => {
  const event = (type: string, name: string) =>
    JSON.stringify({ type, object: { metadata: { name, note: 'ü'.repeat(10) } } })
  const bytes = Buffer.from(`${event('ADDED', 'a')}\n${event('MODIFIED', 'b')}\n${event('DELETED', 'c')}\n`)
  const { client, seen } = await serve(t, async (response) => {
    response.writeHead(200)
    for (let offset = 0; offset < bytes.length; offset += 37) {
      response.write(bytes.subarray(offset, offset + 37))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  const names: string[] = []
  for await (const { type, object } of client.watch(things, {
    resourceVersion: '5',
    allowWatchBookmarks: true,
    signal: new AbortController().signal,
  })) {
    names.push(`${type} ${object.metadata.name}`)
  }
  t.same(names, ['ADDED a', 'MODIFIED b', 'DELETED c'])
  t.equal(seen[0]?.line, 'GET /apis/x.io/v1/things?watch=true&resourceVersion=5&allowWatchBookmarks=true')
})

t.test('an error in a watch is thrown', async (t) => {
  const { client } = await serve(
    t,
    json({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } }),
  )
  const watch = async () => {
    // The error comes as an event like others, with a newline after it.
    for await (const _ of client.watch(things, { signal: new AbortController().signal })) t.fail('no event')
  }
  const { client: ended } = await serve(
    t,
    (response) =>
      void response.end(
        '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n',
      ),
  )
  await t.rejects(
    (async () => {
      for await (const _ of ended.watch(things, { signal: new AbortController().signal })) t.fail('no event')
    })(),
    { code: 410, reason: 'Expired' },
  )
  await watch()
})

t.test('a watch ends when it is aborted', async (t) => {
  const { client } = await serve(t, (response) => void response.writeHead(200).flushHeaders())
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 20)
  await t.rejects(
    (async () => {
      for await (const _ of client.watch(things, { signal: stop.signal })) t.fail('no event')
    })(),
    { name: 'AbortError' },
  )
})
