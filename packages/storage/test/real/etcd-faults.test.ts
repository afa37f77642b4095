import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Compactor } from '../../src/etcd/compactor.ts'
import { Connection } from '../../src/etcd/connection.ts'
import { EtcdBackend, type EtcdOptions } from '../../src/etcd/etcd-backend.ts'
import { leaseGrant, put } from '../../src/etcd/messages.ts'
import { type EtcdServer, startEtcd } from '../../src/testing/etcd-server.ts'

t.setTimeout(120_000)
const bytes = (text: string): Uint8Array => Buffer.from(text)

async function open(t: Test, options: Partial<EtcdOptions> & { servers: readonly string[] }): Promise<EtcdBackend> {
  const backend = await EtcdBackend.open({ prefix: '/faults', ...options })
  t.teardown(() => backend.close())
  return backend
}

async function server(t: Test, flags: string[] = []): Promise<EtcdServer> {
  const started = await startEtcd({ flags })
  t.teardown(() => started.remove())
  return started
}

async function until(isSo: () => boolean | Promise<boolean>, seconds = 30): Promise<boolean> {
  for (let i = 0; i < 20 * seconds; i++) {
    if (await isSo()) return true
    await sleep(50)
  }
  return false
}

t.test('revisions that others made are reached without an event of ours', async (t) => {
  const { url } = await server(t)
  const backend = await open(t, { servers: [url] })
  const foreign = await open(t, { servers: [url], prefix: '/foreign' })
  await backend.create('/a', bytes('1'))
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  let seen = 0
  const reading = (async () => {
    for await (const { revision } of backend.watch('/', { fromRevision: 1, progress: true, signal: ending.signal }))
      seen = revision
  })()
  for (let i = 0; i < 5; i++) {
    await foreign.create(`/f${i}`, bytes('x'))
    const now = await backend.currentRevision()
    t.ok(await until(() => seen >= now, 5), `seen to ${now}`)
  }
  t.equal(await backend.count('/'), 1, 'the mark is no key of the store')
  ending.abort()
  await reading
})

t.test('keys that share a lease go at once, and are told as one', async (t) => {
  const { url } = await server(t, ['--heartbeat-interval=10', '--election-timeout=100'])
  const backend = await open(t, { servers: [url] })
  const batches: number[] = []
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  await backend.create('/forever', bytes('x'))
  const reading = (async () => {
    for await (const { events } of backend.watch('/', { fromRevision: 0, signal: ending.signal })) {
      const deleted = events.filter(({ type }) => type === 'delete')
      if (deleted.length > 0) batches.push(deleted.length)
      t.equal(new Set(deleted.map(({ revision }) => revision)).size <= 1, true, 'of one revision')
    }
  })()
  const connection = new Connection({ servers: [url] })
  t.teardown(() => connection.close())
  const lease = 4711
  await connection.ask(leaseGrant, { ID: lease, TTL: 2 }, { repeatable: false })
  const writes = Array.from({ length: 40 }, (_, i) =>
    connection.ask(put, { key: bytes(`/faults/short/${i}`), value: bytes(`${i}`), lease }, { repeatable: false }),
  )
  const [first] = await Promise.all(writes)
  await backend.update('/short/0', bytes('kept'), first?.header.revision ?? 0)
  t.ok(await until(async () => (await backend.count('/')) === 2), 'all but those without a lease are gone')
  t.ok(await until(() => batches.length > 0))
  t.same(batches, [39])
  ending.abort()
  await reading
})

t.test('a key with a time to live goes when its time comes, unless it was renewed', async (t) => {
  const { url } = await server(t, ['--heartbeat-interval=10', '--election-timeout=100'])
  const backend = await open(t, { servers: [url] })
  await backend.create('/short', bytes('s'), { ttlSeconds: 1 })
  const { revision } = await backend.create('/renewed', bytes('r'), { ttlSeconds: 1 })
  await backend.update('/renewed', bytes('r'), revision, { ttlSeconds: 100 })
  const { revision: kept } = await backend.create('/kept', bytes('k'), { ttlSeconds: 1 })
  await backend.update('/kept', bytes('k'), kept)
  t.ok(await until(async () => (await backend.get('/short')) === undefined))
  await sleep(1500)
  t.equal(await backend.count('/'), 2)
})

t.test('of several servers one compacts, each time up to the round before', async (t) => {
  const { url } = await server(t)
  const backend = await open(t, { servers: [url] })
  const connections = [new Connection({ servers: [url] }), new Connection({ servers: [url] })]
  t.teardown(() => connections.map((connection) => connection.close()))
  const compactors = connections.map((connection) => new Compactor(connection))
  const rounds = () => Promise.all(compactors.map((compactor) => compactor.round()))
  const { revision } = await backend.create('/a', bytes('1'))
  await rounds()
  await rounds()
  const first = await backend.compactedRevision()
  t.ok(first >= revision && first < (await backend.currentRevision()), `compacted to ${first}`)
  await t.rejects(backend.list('/', { revision: 1 }), { code: 'STORAGE_COMPACTED' })
  const { revision: later } = await backend.create('/b', bytes('1'))
  await rounds()
  await rounds()
  await rounds()
  t.ok((await backend.compactedRevision()) >= later)
})

t.test('a long list is read in pieces of one revision', async (t) => {
  const { url } = await server(t)
  const backend = await open(t, { servers: [url] })
  const names = Array.from({ length: 4500 }, (_, i) => `/many/${String(i).padStart(5, '0')}`)
  for (let i = 0; i < names.length; i += 500)
    await Promise.all(names.slice(i, i + 500).map((name) => backend.create(name, bytes('x'))))
  const listing = backend.list('/many/')
  const changing = backend.create('/many/99999', bytes('late'))
  const { entries, revision, remaining } = await listing
  await changing
  const expected = entries.length === 4501 ? [...names, '/many/99999'] : names
  t.same(
    entries.map(({ key }) => key),
    expected,
  )
  t.equal(remaining, 0)
  t.ok(revision >= 4500)
  t.match(await backend.list('/many/', { limit: 3000 }), { entries: { length: 3000 }, remaining: 1501 })
})

t.test('over TLS, with a client certificate', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-etcd-tls-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const file = (name: string) => join(directory, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  openssl(
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2'.split(
      ' ',
    ),
  )
  for (const name of ['server', 'client'])
    openssl(
      ...`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -out ${name}.crt -subj /CN=${name} -days 2`.split(
        ' ',
      ),
      ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    )
  const tls = { caFile: file('ca.crt'), certFile: file('server.crt'), keyFile: file('server.key') }
  const etcd = await startEtcd({ tls })
  t.teardown(() => etcd.remove())
  const material = {
    ca: await readFile(file('ca.crt')),
    cert: await readFile(file('client.crt')),
    key: await readFile(file('client.key')),
  }
  const backend = await open(t, { servers: [etcd.url], tls: material })
  await backend.create('/a', bytes('1'))
  t.equal(Buffer.from((await backend.get('/a'))?.value ?? []).toString(), '1')
  await t.rejects(EtcdBackend.open({ servers: [etcd.url], prefix: '/x', tls: { ca: material.ca } }), {
    code: 'STORAGE_UNAVAILABLE',
  })
  await t.rejects(
    EtcdBackend.open({ servers: [etcd.url], prefix: '/x' }),
    { code: 'STORAGE_UNAVAILABLE' },
    'nor one that nobody knows',
  )
})

for (const [what, servers] of [
  ['none', []],
  ['what is no URL', ['http://']],
  ['another scheme', ['ftp://127.0.0.1:2379']],
] as const)
  t.test(`servers that are refused: ${what}`, async (t) => {
    await t.rejects(EtcdBackend.open({ servers, prefix: '/x' }), /--etcd-servers/)
  })
