import type { Test } from 'tap'
import type { Backend, StorageEvent, WatchBatch } from '../backend.ts'

/** How the suite gets a backend of its own. `reopen` closes it and opens what it left, where it keeps anything. */
export interface BackendFactory {
  open(t: Test): Promise<Backend>
  reopen?(backend: Backend): Promise<Backend>
  /** Lets time go by, for what expires. */
  advance?(milliseconds: number): Promise<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value)
const shown = ({ type, key, value, previousValue }: StorageEvent): string =>
  [type, key, text(value), ...(previousValue ? [text(previousValue)] : [])].join(' ')

/** Reads a watch until `count` events came. */
async function take(batches: AsyncIterable<WatchBatch>, count: number): Promise<StorageEvent[]> {
  const events: StorageEvent[] = []
  for await (const batch of batches) {
    events.push(...batch.events)
    if (events.length >= count) break
  }
  return events
}

/** A watch from now on that stands: all that is written from here on is told. */
async function watchFromNow(backend: Backend, prefix: string, signal: AbortSignal): Promise<AsyncIterable<WatchBatch>> {
  const batches = backend.watch(prefix, { fromRevision: 0, progress: true, signal })[Symbol.asyncIterator]()
  await batches.next()
  return { [Symbol.asyncIterator]: () => batches }
}

/** Three keys, one changed, one deleted. */
async function fill(backend: Backend): Promise<{ a: number; b: number; a2: number; gone: number }> {
  const { revision: a } = await backend.create('/p/a', bytes('a1'))
  const { revision: b } = await backend.create('/p/b', bytes('b1'))
  await backend.create('/q/c', bytes('c1'))
  const { revision: a2 } = await backend.update('/p/a', bytes('a2'), a)
  const { revision: gone } = await backend.delete('/p/b', b)
  return { a, b, a2, gone }
}

const listed = async (backend: Backend, ...args: Parameters<Backend['list']>): Promise<string> =>
  (await backend.list(...args)).entries.map(({ key, value }) => `${key}=${text(value)}`).join(' ')

type Check = (t: Test, backend: Backend, factory: BackendFactory) => Promise<void>

const checks: Record<string, Check> = {
  async 'a key that is not there is undefined'(t, backend) {
    t.equal(await backend.get('/p/none'), undefined)
  },

  async 'what is created is read back, with its revisions'(t, backend) {
    const { revision } = await backend.create('/p/a', bytes('ü'))
    const entry = await backend.get('/p/a')
    t.match(entry, { key: '/p/a', createRevision: revision, modRevision: revision })
    t.equal(text(entry?.value), 'ü')
    t.equal(await backend.currentRevision(), revision)
  },

  async 'an update keeps the revision of creation'(t, backend) {
    const { a, a2 } = await fill(backend)
    t.match(await backend.get('/p/a'), { createRevision: a, modRevision: a2 })
  },

  async 'creating what is there is refused'(t, backend) {
    await backend.create('/p/a', bytes('1'))
    await t.rejects(backend.create('/p/a', bytes('2')), { code: 'STORAGE_KEY_EXISTS' })
    t.equal(text((await backend.get('/p/a'))?.value), '1')
  },

  async 'a stale update is refused and tells what is there'(t, backend) {
    const { a, a2 } = await fill(backend)
    const refused = await t.rejects(backend.update('/p/a', bytes('x'), a), { code: 'STORAGE_REVISION_MISMATCH' })
    t.match(refused, { current: { key: '/p/a', modRevision: a2 } })
  },

  async 'updating and deleting what is gone is refused'(t, backend) {
    const { b } = await fill(backend)
    await t.rejects(backend.update('/p/b', bytes('x'), b), { code: 'STORAGE_REVISION_MISMATCH', current: undefined })
    await t.rejects(backend.delete('/p/b', b), { code: 'STORAGE_REVISION_MISMATCH', current: undefined })
  },

  async 'a stale delete is refused'(t, backend) {
    const { a } = await fill(backend)
    await t.rejects(backend.delete('/p/a', a), { code: 'STORAGE_REVISION_MISMATCH' })
  },

  async 'what is read page by page is of one revision, whatever is written meanwhile'(t, backend) {
    const count = 2500
    await Promise.all(Array.from({ length: count }, (_, i) => backend.create(`/p/${i}`, bytes(String(i)))))
    const before = await backend.currentRevision()
    const read = new Map<string, string | undefined>()
    let pages = 0
    for await (const { entries, revision } of backend.pages('/p/')) {
      t.equal(revision, before)
      pages++
      for (const { key, value } of entries) read.set(key, text(value))
      if (pages > 1) continue
      const last = await backend.get('/p/999')
      await backend.delete('/p/999', last?.modRevision ?? 0)
      await backend.create('/p/9999', bytes('new'))
    }
    t.ok(pages > 1, 'in more than one page')
    t.equal(read.size, count)
    t.same([read.get('/p/999'), read.get('/p/9999')], ['999', undefined])
    t.same([...read.keys()], [...read.keys()].toSorted())
  },

  async 'what is empty is one page, with its revision'(t, backend) {
    const { gone } = await fill(backend)
    t.same(await Array.fromAsync(backend.pages('/none/')), [{ entries: [], revision: gone }])
  },

  async 'of many who create one key, one wins'(t, backend) {
    const tries = await Promise.allSettled([...'abcdef'].map((who) => backend.create('/p/one', bytes(who))))
    t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  },

  async 'of many who update from one revision, one wins'(t, backend) {
    const { revision } = await backend.create('/p/one', bytes('0'))
    const tries = await Promise.allSettled([...'abcdef'].map((who) => backend.update('/p/one', bytes(who), revision)))
    t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  },

  async 'a write that follows the acknowledgement of another has the greater revision'(t, backend) {
    const writer = async (name: string) => {
      const revisions: number[] = []
      for (let i = 0; i < 10; i++) revisions.push((await backend.create(`/p/${name}${i}`, bytes('x'))).revision)
      t.same(
        revisions,
        revisions.toSorted((x, y) => x - y),
      )
      return revisions
    }
    const all = (await Promise.all([...'abcde'].map(writer))).flat()
    t.equal(new Set(all).size, all.length, 'and no other write has it')
  },

  async 'a store that one process owns acknowledges in the order of revisions'(t, backend) {
    if (!backend.exclusive) return
    const acknowledged: number[] = []
    const writes = Array.from({ length: 50 }, async (_, i) => {
      acknowledged.push((await backend.create(`/p/${i}`, bytes('x'))).revision)
    })
    await Promise.all(writes)
    t.same(
      acknowledged,
      [...new Set(acknowledged)].sort((x, y) => x - y),
    )
  },

  async 'a list is in key order and keeps to its prefix'(t, backend) {
    for (const key of ['/p/b', '/p/a.b', '/p/a', '/p/a-b', '/pq', '/o/z']) await backend.create(key, bytes('1'))
    t.equal(await listed(backend, '/p/'), '/p/a=1 /p/a-b=1 /p/a.b=1 /p/b=1')
    t.equal(await backend.count('/p/'), 4)
    t.equal(await listed(backend, '/none/'), '')
  },

  async 'a list is read in pages'(t, backend) {
    for (const key of 'abcde') await backend.create(`/p/${key}`, bytes('1'))
    const first = await backend.list('/p/', { limit: 2 })
    t.match(first, { remaining: 3, entries: [{ key: '/p/a' }, { key: '/p/b' }] })
    const { revision } = first
    await backend.create('/p/bb', bytes('1'))
    const second = await backend.list('/p/', { limit: 2, after: '/p/b', revision })
    t.match(second, { remaining: 1, revision, entries: [{ key: '/p/c' }, { key: '/p/d' }] })
    t.match(await backend.list('/p/', { limit: 2, after: '/p/e' }), { remaining: 0, entries: [] })
  },

  async 'a list at a past revision shows what was there'(t, backend) {
    const { a, b, a2, gone } = await fill(backend)
    t.equal(await listed(backend, '/p/', { revision: a }), '/p/a=a1')
    t.equal(await listed(backend, '/p/', { revision: b }), '/p/a=a1 /p/b=b1')
    t.equal(await listed(backend, '/p/', { revision: a2 }), '/p/a=a2 /p/b=b1')
    t.equal(await listed(backend, '/p/', { revision: gone }), '/p/a=a2')
    await backend.create('/p/b', bytes('b2'))
    t.equal(await listed(backend, '/p/', { revision: b }), '/p/a=a1 /p/b=b1', 'also when the key came back')
  },

  async 'a list of the future is refused'(t, backend) {
    const { gone } = await fill(backend)
    await t.rejects(backend.list('/p/', { revision: gone + 1 }), { code: 'STORAGE_FUTURE_REVISION' })
  },

  async 'a watch tells what happens from now on'(t, backend) {
    const { a2 } = await fill(backend)
    const watched = take(await watchFromNow(backend, '/p/', t.context.signal), 3)
    const { revision } = await backend.update('/p/a', bytes('a3'), a2)
    await backend.create('/q/d', bytes('other'))
    await backend.create('/p/z', bytes('z1'))
    await backend.delete('/p/a', revision)
    t.same((await watched).map(shown), ['update /p/a a3 a2', 'create /p/z z1', 'delete /p/a a3 a3'])
  },

  async 'a watch from the past goes on into the present'(t, backend) {
    const { a } = await fill(backend)
    const watched = take(backend.watch('/p/', { fromRevision: a, signal: t.context.signal }), 4)
    await backend.create('/p/z', bytes('z1'))
    t.same((await watched).map(shown), ['create /p/b b1', 'update /p/a a2 a1', 'delete /p/b b1 b1', 'create /p/z z1'])
  },

  async 'watchers that come in the middle of a storm miss nothing'(t, backend) {
    const { revision } = await backend.create('/p/start', bytes('x'))
    const writing = (async () => {
      for (let i = 0; i < 20; i++)
        await Promise.all([...'abcdefgh'].map((name) => backend.create(`/p/${i}-${name}`, bytes('x'))))
    })()
    const watchers: Promise<StorageEvent[]>[] = []
    for (let i = 0; i < 20; i++) {
      watchers.push(take(backend.watch('/p/', { fromRevision: revision, signal: t.context.signal }), 160))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writing
    const expected = Array.from({ length: 160 }, (_, i) => revision + 1 + i)
    for (const watcher of watchers)
      t.same(
        (await watcher).map((event) => event.revision),
        expected,
      )
  },

  async 'progress tells that the past is over, and that other keys went on'(t, backend) {
    const { a, gone } = await fill(backend)
    const watch = backend.watch('/p/', { fromRevision: a, progress: true, signal: t.context.signal })
    const seen: WatchBatch[] = []
    for await (const batch of watch) {
      seen.push(batch)
      if (batch.events.length === 0 && batch.revision >= gone) break
    }
    t.ok((seen.at(-1)?.revision ?? 0) >= gone, 'all up to the last write was told')
    t.equal(seen.flatMap(({ events }) => events).length, 3)
  },

  async 'an aborted watch ends'(t, backend) {
    const own = new AbortController()
    const watched = take(await watchFromNow(backend, '/p/', own.signal), 1)
    own.abort()
    t.same(await watched, [])
  },

  async 'history before a compaction is gone, the present is not'(t, backend) {
    const { a, a2 } = await fill(backend)
    await backend.compact(a2)
    t.equal(await backend.compactedRevision(), a2)
    t.same([await backend.isCompacted(a), await backend.isCompacted(a2)], [true, false])
    t.equal(await listed(backend, '/p/'), '/p/a=a2')
    t.equal(await listed(backend, '/p/', { revision: a2 }), '/p/a=a2 /p/b=b1')
    await t.rejects(backend.list('/p/', { revision: a }), { code: 'STORAGE_COMPACTED' })
    const watch = take(backend.watch('/p/', { fromRevision: a, signal: t.context.signal }), 1)
    await t.rejects(watch, { code: 'STORAGE_COMPACTED' })
    const later = await take(backend.watch('/p/', { fromRevision: a2, signal: t.context.signal }), 1)
    t.same(later.map(shown), ['delete /p/b b1 b1'])
  },

  async 'everything can be compacted, and writing goes on'(t, backend) {
    const { gone } = await fill(backend)
    await backend.compact(gone)
    t.equal(await listed(backend, '/'), '/p/a=a2 /q/c=c1')
    t.ok((await backend.create('/p/b', bytes('b2'))).revision > gone)
    await t.rejects(backend.compact(gone + 2), { code: 'STORAGE_FUTURE_REVISION' })
  },

  async 'after a reopening, state, history and revisions are as before'(t, backend, { reopen }) {
    if (!reopen) return
    const { a, gone } = await fill(backend)
    const again = await reopen(backend)
    t.equal(await listed(again, '/p/'), '/p/a=a2')
    t.equal(await listed(again, '/p/', { revision: a }), '/p/a=a1')
    t.equal(await again.currentRevision(), gone)
    const watched = await take(again.watch('/p/', { fromRevision: a, signal: t.context.signal }), 3)
    t.same(watched.map(shown), ['create /p/b b1', 'update /p/a a2 a1', 'delete /p/b b1 b1'])
    t.equal((await again.create('/p/n', bytes('n'))).revision, gone + 1)
  },

  async 'a revision is never given twice, though all history was compacted'(t, backend, { reopen }) {
    if (!reopen) return
    const { gone } = await fill(backend)
    await backend.compact(gone)
    const again = await reopen(backend)
    t.ok((await again.create('/p/n', bytes('n'))).revision > gone)
    t.equal(await again.compactedRevision(), gone)
  },

  async 'a key with a time to live goes when its time comes'(t, backend, { advance, reopen }) {
    if (!advance) return
    await backend.create('/p/short', bytes('s'), { ttlSeconds: 10 })
    const { revision } = await backend.create('/p/renewed', bytes('r'), { ttlSeconds: 10 })
    await backend.update('/p/renewed', bytes('r'), revision, { ttlSeconds: 100 })
    const { revision: kept } = await backend.create('/p/kept', bytes('k'), { ttlSeconds: 10 })
    await backend.update('/p/kept', bytes('k'), kept)
    await advance(5_000)
    t.equal(await listed(backend, '/p/'), '/p/kept=k /p/renewed=r /p/short=s')
    const again = reopen ? await reopen(backend) : backend
    const watched = take(await watchFromNow(again, '/p/', t.context.signal), 1)
    await advance(6_000)
    t.same((await watched).map(shown), ['delete /p/short s s'])
    t.equal(await listed(again, '/p/'), '/p/kept=k /p/renewed=r')
    await advance(100_000)
    t.equal(await listed(again, '/p/'), '/p/kept=k')
  },

  async 'a closed store refuses, and ends its watches'(t, backend) {
    const watched = take(await watchFromNow(backend, '/p/', t.context.signal), 1)
    await backend.close()
    t.same(await watched, [])
    await t.rejects(backend.create('/p/a', bytes('1')), { code: 'STORAGE_CLOSED' })
    await t.rejects(backend.get('/p/a'), { code: 'STORAGE_CLOSED' })
    await backend.close()
  },
}

/** What every backend does, checked on a new one for each row. */
export async function backendSuite(t: Test, factory: BackendFactory): Promise<void> {
  for (const [name, check] of Object.entries(checks)) {
    await t.test(name, async (t) => {
      const backend = await factory.open(t)
      const ending = new AbortController()
      t.context = { signal: ending.signal }
      t.teardown(async () => {
        ending.abort()
        await backend.close()
      })
      await check(t, backend, factory)
    })
  }
}
