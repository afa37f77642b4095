import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEtcd } from '@tandem/storage/testing/etcd-server'
import { linearizabilitySuite } from '@tandem/storage/testing/linearizability-suite'
import t from 'tap'
import { startTestServer, type TestServer } from '../../src/testing/server.ts'
import { subjectOf } from '../config-map-subject.ts'
import { type Answer, requestsOf } from '../request-client.ts'

t.setTimeout(120_000)
const etcd = await startEtcd()
const first = await startTestServer({ etcd: { servers: [etcd.url] }, advertiseAddress: '192.0.2.1' })
const second = await startBinary(first, [`--etcd-servers=${etcd.url}`, '--advertise-address=192.0.2.2'])
const a = await requestsOf(first)
const b = await requestsOf({ ...first, clientConfig: first.clientConfig, url: second.url })
t.teardown(async () => {
  await Promise.all([a.close(), b.close()])
  second.child.kill('SIGKILL')
  await first.stop()
  await etcd.remove()
})

/** A server as a process of its own, with the keys of another one. */
async function startBinary(like: TestServer, flags: string[]): Promise<{ url: string; child: ChildProcess }> {
  const file = (name: string) => join(like.directory, name)
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../src/main.ts'),
      ...['--bind-address=127.0.0.1', '--secure-port=0', '--service-cluster-ip-range=10.96.0.0/16'],
      ...[`--tls-cert-file=${file('apiserver.crt')}`, `--tls-private-key-file=${file('apiserver.key')}`],
      ...[`--client-ca-file=${file('ca.crt')}`, `--service-account-signing-key-file=${file('sa.key')}`],
      ...flags,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  for await (const line of createInterface({ input: child.stderr })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number }
    if (msg === 'serving') {
      child.stderr.resume()
      return { url: `https://127.0.0.1:${port}`, child }
    }
  }
  throw new Error('the server did not start')
}

const servers = [a, b]
const maps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})

/** Waits until an answer is as it should be. */
async function until(ask: () => Promise<Answer>, isRight: (answer: Answer) => boolean, seconds = 40): Promise<Answer> {
  for (let i = 0; ; i++) {
    const answer = await ask()
    if (isRight(answer) || i > 10 * seconds) return answer
    await sleep(100)
  }
}

t.test('what one server acknowledged, every read of the other shows', async (t) => {
  const stale: string[] = []
  for (let i = 0; i < 40; i++) {
    const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a]
    const name = `fresh-${i}`
    const { body } = await writer.ask('POST', maps, configMap(name))
    const [got, listed] = await Promise.all([reader.ask('GET', `${maps}/${name}`), reader.ask('GET', maps)])
    if (got.code !== 200 || got.body.metadata.resourceVersion !== body.metadata.resourceVersion)
      stale.push(`get ${name}`)
    if (!listed.body.items.some((item: { metadata: { name: string } }) => item.metadata.name === name))
      stale.push(`list ${name}`)
    await writer.ask('DELETE', `${maps}/${name}`)
    if ((await reader.ask('GET', `${maps}/${name}`)).code !== 404) stale.push(`deleted ${name}`)
  }
  t.same(stale, [])
})

t.test('clients of both servers', (t) =>
  linearizabilitySuite(
    t,
    {
      prefix: 'key-',
      async open() {
        await a.ask('POST', '/api/v1/namespaces', {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'exercise' },
        })
        return servers.map(({ ask }) => subjectOf(ask, 'exercise'))
      },
    },
    { seeds: [1], operations: 400 },
  ),
)

t.test('of two updates from one version, one wins, whichever servers take them', async (t) => {
  await a.ask('POST', maps, configMap('contended', { n: '0' }))
  for (let i = 0; i < 10; i++) {
    const { body } = await b.ask('GET', `${maps}/contended`)
    const next = (who: string) => ({ ...body, data: { n: `${i}${who}` } })
    const codes = await Promise.all([
      a.ask('PUT', `${maps}/contended`, next('a')),
      b.ask('PUT', `${maps}/contended`, next('b')),
    ])
    t.same(codes.map(({ code }) => code).sort(), [200, 409])
  }
  const patches = Array.from({ length: 20 }, (_, i) =>
    servers[i % 2]?.ask(
      'PATCH',
      `${maps}/contended`,
      { data: { [`p${i}`]: 'x' } },
      { type: 'application/merge-patch+json' },
    ),
  )
  t.ok(
    (await Promise.all(patches)).every((answer) => answer?.code === 200),
    'patches are tried again',
  )
  t.equal(Object.keys((await a.ask('GET', `${maps}/contended`)).body.data).length, 21)
})

t.test('Services created through both never share an address or a port', async (t) => {
  const path = '/api/v1/namespaces/default/services'
  const create = (i: number) =>
    servers[i % 2]?.ask('POST', path, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s${i}` },
      spec: { type: 'NodePort', ports: [{ port: 80 }] },
    })
  const made = await Promise.all(Array.from({ length: 60 }, (_, i) => create(i)))
  t.ok(made.every((answer) => answer?.code === 201))
  t.equal(new Set(made.map((answer) => answer?.body.spec.clusterIP)).size, 60)
  t.equal(new Set(made.map((answer) => answer?.body.spec.ports[0].nodePort)).size, 60)
  const asked = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP: '10.96.0.77', type: 'NodePort', ports: [{ port: 80, nodePort: 30077 }] },
  })
  const both = await Promise.all([a.ask('POST', path, asked('mine')), b.ask('POST', path, asked('yours'))])
  t.same(both.map(({ code }) => code).sort(), [201, 422], 'also when both ask for the same')
  const addresses = (await b.ask('GET', '/apis/networking.k8s.io/v1/ipaddresses')).body.items
  t.equal(addresses.length, 62, 'one IPAddress for each, and for default/kubernetes')
})

t.test('a watch at one server tells what is written through the other, in order and whole', async (t) => {
  const { body } = await a.ask('GET', maps)
  const from = body.metadata.resourceVersion
  const watching = await a.begin(`${maps}?watch=1&resourceVersion=${from}&timeoutSeconds=5&labelSelector=told=here`)
  const written: number[] = []
  const writer = async (who: number) => {
    for (let i = 0; i < 25; i++) {
      const object = configMap(`told-${who}-${i}`)
      const { body } = await (servers[who] ?? a).ask('POST', maps, {
        ...object,
        metadata: { ...object.metadata, labels: { told: 'here' } },
      })
      written.push(Number(body.metadata.resourceVersion))
    }
  }
  await Promise.all([writer(0), writer(1)])
  const events = (await watching.rest).trim().split('\n')
  const told = events.map((line) => Number(JSON.parse(line).object.metadata.resourceVersion))
  t.same(
    told,
    written.toSorted((x, y) => x - y),
  )
})

t.test('a token of one server is good at the other', async (t) => {
  const account = '/api/v1/namespaces/default/serviceaccounts'
  await a.ask('POST', account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'shared' } })
  const { body } = await a.ask('POST', `${account}/shared/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  })
  const review = await b.ask('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: body.status.token },
  })
  t.match(review.body.status, { authenticated: true, user: { username: 'system:serviceaccount:default:shared' } })
})

t.test("servers that start at once over an empty store do not get into each other's way", async (t) => {
  const flags = (address: string) => [
    `--etcd-servers=${etcd.url}`,
    '--etcd-prefix=/empty',
    `--advertise-address=${address}`,
  ]
  const started = await Promise.all(
    ['192.0.2.11', '192.0.2.12', '192.0.2.13'].map((each) => startBinary(first, flags(each))),
  )
  t.teardown(() => {
    for (const { child } of started) child.kill('SIGKILL')
  })
  const [one] = started
  const { ask, close } = await requestsOf({ ...first, clientConfig: first.clientConfig, url: one?.url ?? '' })
  t.teardown(close)
  t.equal((await ask('GET', '/api/v1/namespaces')).body.items.length, 4)
  t.equal((await ask('GET', '/apis/networking.k8s.io/v1/ipaddresses')).body.items.length, 1)
  t.equal((await a.ask('GET', '/api/v1/services')).body.items.length, 62, 'and one etcd holds several clusters')
})

const endpoints = '/api/v1/namespaces/default/endpoints/kubernetes'
const addressesOf = ({ body }: Answer): string[] =>
  (body?.subsets ?? []).flatMap(({ addresses }: { addresses: { ip: string }[] }) => addresses.map(({ ip }) => ip))

t.test('default/kubernetes has the addresses of both', async (t) => {
  t.same(addressesOf(await a.ask('GET', endpoints)), ['192.0.2.1', '192.0.2.2'])
})

t.test('while etcd is away, requests fail in its words, and go on once it is back', async (t) => {
  const { body } = await a.ask('GET', maps)
  const watching = await a.begin(`${maps}?watch=1&resourceVersion=${body.metadata.resourceVersion}&timeoutSeconds=8`)
  await etcd.kill()
  for (const { ask } of servers) {
    const write = await ask('POST', maps, configMap('while-away'))
    t.match(write, { code: 500, body: { kind: 'Status', message: /^rpc error: code = Unavailable desc = / } })
    t.match(await ask('GET', `${maps}/contended`), { code: 500, body: { message: /code = Unavailable/ } })
    t.match(await ask('GET', `${maps}?resourceVersion=0`), { code: 200 }, 'what may be old is read on')
    t.match(await ask('GET', '/readyz'), { code: 500, text: /\[-\]etcd failed/ })
  }
  await etcd.start()
  for (const { ask } of servers)
    t.equal(
      (
        await until(
          () => ask('GET', '/readyz'),
          ({ code }) => code === 200,
        )
      ).code,
      200,
      'without a restart',
    )
  t.equal((await b.ask('POST', maps, configMap('afterwards'))).code, 201)
  const events = (await watching.rest).trim().split('\n')
  t.same(
    events.map((line) => `${JSON.parse(line).type} ${JSON.parse(line).object.metadata.name}`),
    ['ADDED afterwards'],
    'a watch goes on as if nothing had been',
  )
})

t.test('a server that was killed is missed by nobody', async (t) => {
  second.child.kill('SIGKILL')
  await once(second.child, 'exit')
  t.equal((await a.ask('POST', maps, configMap('alone'))).code, 201)
  const left = await until(
    () => a.ask('GET', endpoints),
    (answer) => addressesOf(answer).length === 1,
  )
  t.same(addressesOf(left), ['192.0.2.1'], 'and its address goes')
})
