import { setTimeout as sleep } from 'node:timers/promises'
import type { Backend, StorageEvent } from '@tandem/storage'
import { EtcdBackend } from '@tandem/storage/etcd/etcd-backend'
import { type EtcdServer, startEtcdCluster } from '@tandem/storage/testing/etcd-server'
import t, { type Test } from 'tap'

t.setTimeout(300_000)
const bytes = (text: string): Uint8Array => Buffer.from(text)
const flags = ['--heartbeat-interval=50', '--election-timeout=500']

async function open(t: Test, servers: string[]): Promise<EtcdBackend> {
  const backend = await EtcdBackend.open({ prefix: '/faults', servers })
  t.teardown(() => backend.close())
  return backend
}

/** Collects what a watch tells, from now on. */
async function collect(t: Test, backend: Backend): Promise<StorageEvent[]> {
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  const events: StorageEvent[] = []
  const standing = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const batch of backend.watch('/', { fromRevision: 0, progress: true, signal: ending.signal })) {
      standing.resolve()
      events.push(...batch.events)
    }
  })()
  reading.catch((error) => t.fail('the watch failed', { error }))
  await standing.promise
  return events
}

async function until(isSo: () => boolean | Promise<boolean>, seconds = 30): Promise<boolean> {
  for (let i = 0; i < 20 * seconds; i++) {
    if (await isSo()) return true
    await sleep(50)
  }
  return false
}

t.test(
  'members die and come back one after the other: no acknowledged write is lost, no event missed or told twice',
  async (t) => {
    const members = await startEtcdCluster(3, { flags })
    t.teardown(() => Promise.all(members.map((member) => member.remove())))
    const servers = members.map(({ url }) => url)
    const backend = await open(t, servers)
    const events = await collect(t, backend)
    let done = false
    const acknowledged = new Map<string, number>()
    const writer = async (name: string) => {
      for (let i = 0; !done; i++) {
        const key = `/k/${name}-${i}`
        const written = await backend.create(key, bytes('x')).catch(() => undefined)
        if (written) acknowledged.set(key, written.revision)
        else await sleep(20)
      }
    }
    const writing = Promise.all([...'abcd'].map(writer))
    for (const member of members) {
      const before = acknowledged.size
      await member.kill()
      t.ok(await until(() => acknowledged.size > before + 50), 'writes go on with one member less')
      await member.start()
    }
    done = true
    await writing
    const { entries } = await backend.list('/k/')
    const there = new Map(entries.map(({ key, modRevision }) => [key, modRevision]))
    t.same(
      [...acknowledged].filter(([key, revision]) => there.get(key) !== revision),
      [],
      'all that was acknowledged is there',
    )
    t.ok(await until(() => events.length >= entries.length), 'and was told')
    t.same(
      events.map(({ revision }) => revision),
      entries.map(({ modRevision }) => modRevision).sort((x, y) => x - y),
      'each once, in order',
    )
    t.comment(`${acknowledged.size} acknowledged, ${entries.length} written`)
  },
)

t.test('a store without a majority refuses in its own words, and serves again once it has one', async (t) => {
  const members = await startEtcdCluster(3, { flags })
  t.teardown(() => Promise.all(members.map((member) => member.remove())))
  const [one, two, three] = members as [EtcdServer, EtcdServer, EtcdServer]
  const backend = await open(t, [three.url])
  await Promise.all([one.kill(), two.kill()])
  await t.rejects(backend.create('/a', bytes('1')), { code: 'STORAGE_UNAVAILABLE', message: /^etcdserver: / })
  await t.rejects(backend.currentRevision(), { code: 'STORAGE_UNAVAILABLE' })
  await one.start()
  t.ok(
    await until(() =>
      backend.create('/b', bytes('1')).then(
        () => true,
        () => false,
      ),
    ),
  )
})
