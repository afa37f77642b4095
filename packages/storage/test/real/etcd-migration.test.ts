import t, { type Test } from 'tap'
import type { Backend, Entry } from '../../src/backend.ts'
import { backupEtcd } from '../../src/etcd/etcd-backup.ts'
import { restoreEtcd } from '../../src/etcd/etcd-restore.ts'
import { openEtcdStore } from '../../src/etcd/etcd-store.ts'
import { restoreBackup } from '../../src/level/backup.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { startEtcd } from '../../src/testing/etcd-server.ts'

const server = await startEtcd()
t.teardown(() => server.remove())
const bytes = (text: string): Uint8Array => Buffer.from(text)
const options = (prefix: string) => ({ servers: [server.url], prefix, inPlaceOf: '/registry' })

async function level(t: Test): Promise<LevelBackend> {
  const backend = await LevelBackend.open({ directory: `${t.testdir()}/store` })
  t.teardown(() => backend.close())
  return backend
}

async function etcd(t: Test, prefix: string): Promise<Backend> {
  const backend = await openEtcdStore(options(prefix))
  t.teardown(() => backend.close())
  return backend
}

const shown = (entries: readonly Entry[]): string[] =>
  entries.map(({ key, value }) => `${key} ${Buffer.from(value).toString('base64')}`)

/** Objects, and revisions of others that are gone. */
async function fill(backend: Backend): Promise<void> {
  const names = Array.from({ length: 1300 }, (_, i) => `/registry/core/configmaps/n/${i}-ü`)
  await Promise.all(names.map((name, i) => backend.create(name, Buffer.alloc(1 + (i % 3000), i))))
  for (let i = 0; i < 200; i++) {
    const { revision } = await backend.create('/registry/core/pods/n/gone', bytes('x'))
    await backend.delete('/registry/core/pods/n/gone', revision)
  }
  await backend.create('/registry/core/events/n/passing', bytes('e'), { ttlSeconds: 3000 })
}

t.test('there and back: every object stays as it is, and revisions never go back', async (t) => {
  const first = await level(t)
  await fill(first)
  const before = await first.list('/registry/')
  const { entries } = await restoreEtcd(options('/there'), await first.backup())
  t.equal(entries, 1301)

  const there = await etcd(t, '/there')
  const moved = await there.list('/registry/')
  t.same(shown(moved.entries), shown(before.entries))
  const least = Math.min(...moved.entries.map(({ modRevision }) => modRevision))
  t.ok(least > before.revision, `the first of ${least} follows ${before.revision}`)
  const stale = there.watch('/registry/', { fromRevision: before.revision, signal: new AbortController().signal })
  await t.rejects(
    async () => {
      for await (const _ of stale) break
    },
    { code: 'STORAGE_COMPACTED' },
  )
  await t.rejects(there.list('/registry/', { revision: before.revision }), { code: 'STORAGE_COMPACTED' })
  const { revision } = await there.create('/registry/core/pods/n/new', bytes('n'))

  const directory = `${t.testdir()}/back`
  await restoreBackup(directory, await backupEtcd(options('/there')))
  const back = await LevelBackend.open({ directory, integrityCheck: 'deep' })
  t.teardown(() => back.close())
  const returned = await back.list('/registry/')
  t.same(shown(returned.entries), [...shown(moved.entries), '/registry/core/pods/n/new bg=='])
  t.ok((await back.create('/registry/core/pods/n/newer', bytes('n'))).revision > revision)
  const backup = await back.backup()
  const expiries: number[] = []
  for await (const { key, expiry } of backup.entries) if (key.includes('/events/')) expiries.push(expiry)
  t.equal(expiries.length, 1)
  const left = ((expiries[0] ?? 0) - Date.now()) / 1000
  t.ok(left > 2800 && left < 3100, `an event has ${left} of its 3000 seconds left, and what its lease was shared for`)
})

t.test('what is there already is not touched', async (t) => {
  const store = await etcd(t, '/taken')
  await store.create('/registry/core/pods/n/mine', bytes('m'))
  const first = await level(t)
  await first.create('/registry/core/pods/n/other', bytes('o'))
  await t.rejects(restoreEtcd(options('/taken'), await first.backup()), {
    code: 'STORAGE_BACKUP',
    message: '/taken in etcd is not empty: it holds 1 keys',
  })
  t.equal(await store.count('/registry/'), 1)
})

t.test('a move that fails leaves nothing behind', async (t) => {
  const first = await level(t)
  await fill(first)
  const { header, entries } = await first.backup()
  const broken = (async function* () {
    let count = 0
    for await (const entry of entries) {
      if (count++ === 700) throw new Error('torn')
      yield entry
    }
  })()
  await t.rejects(restoreEtcd(options('/torn'), { header, entries: broken }), { message: 'torn' })
  const store = await etcd(t, '/torn')
  t.equal(await store.count('/registry/'), 0)
  t.equal((await restoreEtcd(options('/torn'), await first.backup())).entries, 1301, 'and can be tried again')
})
