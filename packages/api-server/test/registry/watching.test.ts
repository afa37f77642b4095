import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { StoreRegistry } from '../../src/registry/registry.ts'
import { configMap, configMaps, openRegistry, type Pod, pod, pods, shown, take } from './testing.ts'

const namespace = 'default'

t.test('how a watch begins', async (t) => {
  const streaming = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true }
  const rows: [string, object, string[]][] = [
    ['unset: all there is, then what happens', {}, ['ADDED a', 'ADDED b', 'ADDED new']],
    ['0: the same', { resourceVersion: '0' }, ['ADDED a', 'ADDED b', 'ADDED new']],
    ['from a revision', { resourceVersion: '1' }, ['ADDED b', 'ADDED new']],
    ['from now', { resourceVersion: '2' }, ['ADDED new']],
    ['initial events and their end', streaming, ['ADDED a', 'ADDED b', 'BOOKMARK end', 'ADDED new']],
    ['no initial events', { ...streaming, sendInitialEvents: false }, ['ADDED new']],
    ['another namespace', { namespace: 'none', ...streaming }, ['BOOKMARK end']],
    ['a name', { namespace, fieldSelector: 'metadata.name=b', resourceVersion: '0' }, ['ADDED b']],
  ]
  for (const [name, request, expected] of rows)
    await t.test(name, async (t) => {
      const { registry, signal } = await openRegistry(t)
      const store = registry.store(configMaps)
      await store.create(configMap('a'), { namespace })
      await store.create(configMap('b'), { namespace })
      const watch = await store.watch({ ...request, signal })
      await store.create(configMap('new'), { namespace })
      t.same((await take(watch, expected.length)).map(shown), expected)
    })
  await t.test('what is refused', async (t) => {
    const { registry, signal } = await openRegistry(t)
    const store = registry.store(configMaps)
    const reasons = async (request: object) =>
      store.watch({ ...request, signal }).then(
        () => undefined,
        (error) => error,
      )
    t.match(await reasons({ resourceVersion: 'x' }), { code: 400 })
    t.match(await reasons({ resourceVersionMatch: 'NotOlderThan' }), {
      code: 422,
      message: /forbidden for watch unless sendInitialEvents/,
    })
    t.match(await reasons({ sendInitialEvents: true }), {
      code: 422,
      message: /requires setting resourceVersionMatch to NotOlderThan/,
    })
    t.match(await reasons({ fieldSelector: 'x=y' }), { code: 400 })
  })
})

t.test('a selector turns changes into arrivals and departures', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(pods)
  const labelled = await store.watch({ labelSelector: 'app=web', resourceVersion: '0', signal })
  const onNode = await store.watch({ fieldSelector: 'spec.nodeName=n1', resourceVersion: '0', signal })
  const elsewhere = await store.watch({ fieldSelector: 'spec.nodeName=n2', resourceVersion: '0', signal })
  const all = await store.watch({ namespace, resourceVersion: '0', signal })
  const key = { namespace, name: 'a' }
  const change = (labels: Record<string, string>, nodeName?: string) =>
    store.update(key, (old) => ({
      ...(old as Pod),
      metadata: { ...(old as Pod).metadata, labels },
      spec: nodeName ? { nodeName } : {},
    }))
  await store.create(pod('a', {}, { labels: { app: 'db' } }), { namespace })
  await change({ app: 'web' }, 'n1')
  await change({ app: 'web', x: '1' }, 'n1')
  const left = await change({ app: 'db' }, 'n2')
  const { entry: gone } = await store.delete(key, { gracePeriodSeconds: 0 })
  t.same((await take(all, 6)).map(shown), [
    'ADDED a',
    'MODIFIED a',
    'MODIFIED a',
    'MODIFIED a',
    'MODIFIED a',
    'DELETED a',
  ])
  const seen = await take(labelled, 3)
  t.same(seen.map(shown), ['ADDED a', 'MODIFIED a', 'DELETED a'])
  t.match(
    seen[2]?.entry?.object(),
    { metadata: { labels: { app: 'web', x: '1' }, resourceVersion: String(left.entry.revision) } },
    'as it was last, when it left',
  )
  t.same((await take(onNode, 3)).map(shown), ['ADDED a', 'MODIFIED a', 'DELETED a'])
  const there = await take(elsewhere, 3)
  t.same(there.map(shown), ['ADDED a', 'MODIFIED a', 'DELETED a'])
  t.ok((there[2]?.revision ?? 0) > gone.revision, 'a deletion has a revision of its own')
})

t.test('an event is serialized once, whoever reads it', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(configMaps)
  const watches = await Promise.all([1, 2, 3].map(() => store.watch({ resourceVersion: '0', signal })))
  const entry = await store.create(configMap('a'), { namespace })
  const [first, ...others] = (await Promise.all(watches.map((watch) => take(watch, 1)))).flat()
  for (const other of others) t.equal(other.json(), first?.json())
  t.equal(first?.json().toString(), `{"type":"ADDED","object":${entry.json}}\n`)
  let made = 0
  const make = () => Buffer.from(String(++made))
  t.equal(first?.encode('table', make), others[0]?.encode('table', make))
})

t.test('a batch of writes wakes a watcher once', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(configMaps)
  const watch = await store.watch({ resourceVersion: '0', signal })
  await Promise.all([...'abcdefgh'].map((name) => store.create(configMap(name), { namespace })))
  let wakes = 0
  let events = 0
  for await (const batch of watch) {
    wakes++
    events += batch.length
    if (events === 8) break
  }
  t.ok(wakes <= 2, `${wakes} wakes`)
})

t.test('bookmarks tell how far a watcher is, though nothing of its own happened', async (t) => {
  const { registry, signal } = await openRegistry(t, { bookmarkMilliseconds: 10 })
  const { revision } = await registry.store(pods).create(pod('a'), { namespace })
  const wants = await registry.store(configMaps).watch({ resourceVersion: '0', allowWatchBookmarks: true, signal })
  // The bookmarks' timer keeps no process alive; this one does.
  const [[empty, bookmark]] = await Promise.all([take(wants, 2), sleep(50)])
  t.ok(empty?.initialEventsEnd, 'that there was nothing yet was told at once')
  t.match(JSON.parse(String(bookmark?.json())), {
    type: 'BOOKMARK',
    object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(revision) } },
  })
})

t.test('a watch goes on after a restart, from where it was', async (t) => {
  const { registry, backend, signal } = await openRegistry(t)
  const store = registry.store(pods)
  const { revision } = await store.create(pod('a', { nodeName: 'n1' }), { namespace })
  await store.create(pod('b'), { namespace })
  await store.update({ namespace, name: 'a' }, () => pod('a', { nodeName: 'n1', image: '2' }))
  await store.delete({ namespace, name: 'b' })
  await registry.close()
  const again = await StoreRegistry.open({ backend })
  t.teardown(() => again.close())
  const watch = await again.store(pods).watch({ resourceVersion: String(revision), signal })
  const onNode = await again
    .store(pods)
    .watch({ resourceVersion: String(revision), fieldSelector: 'spec.nodeName=n1', signal })
  await again.store(pods).create(pod('c', { nodeName: 'n1' }), { namespace })
  t.same((await take(watch, 5)).map(shown), ['ADDED b', 'MODIFIED a', 'MODIFIED b', 'DELETED b', 'ADDED c'])
  t.same((await take(onNode, 2)).map(shown), ['MODIFIED a', 'ADDED c'])
})

t.test('a watch from what was compacted away is told so, and ends', async (t) => {
  const { registry, backend, signal } = await openRegistry(t)
  const { revision } = await registry.store(configMaps).create(configMap('a'), { namespace })
  await registry.store(configMaps).create(configMap('b'), { namespace })
  await registry.close()
  await backend.compact(await backend.currentRevision())
  const again = await StoreRegistry.open({ backend })
  t.teardown(() => again.close())
  const events = await take(await again.store(configMaps).watch({ resourceVersion: String(revision), signal }), 9)
  t.same(events.map(shown), [`ERROR too old resource version: ${revision} (${revision + 1})`])
  t.match(JSON.parse(String(events[0]?.json())), { type: 'ERROR', object: { code: 410, reason: 'Expired' } })
})

t.test('watchers that come and go in a storm miss nothing and see nothing twice', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(configMaps)
  const { revision } = await store.create(configMap('start'), { namespace })
  const count = 300
  const storm = Promise.all(
    Array.from({ length: count }, (_, i) => sleep(i / 10).then(() => store.create(configMap(`c${i}`), { namespace }))),
  )
  const watchers: Promise<number[]>[] = []
  for (let i = 0; i < 20; i++) {
    const watch = await store.watch({ resourceVersion: String(revision), signal })
    watchers.push(take(watch, count).then((events) => events.map((event) => event.revision)))
    await sleep(1)
  }
  await storm
  const expected = Array.from({ length: count }, (_, i) => revision + 1 + i)
  for (const watcher of watchers) t.same(await watcher, expected)
})

t.test('a list and a watch from its revision make the present', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(configMaps)
  const writing = (async () => {
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 2) await store.delete({ namespace, name: `c${i - 1}` })
      else await store.create(configMap(`c${i}`), { namespace })
    }
    await store.create(configMap('end'), { namespace })
  })()
  await sleep(5)
  const { entries, revision } = await store.list()
  const known = new Set(entries.map(({ name }) => name))
  for await (const batch of await store.watch({ resourceVersion: String(revision), signal })) {
    for (const { type, entry } of batch) {
      if (type === 'DELETED') known.delete(entry?.name ?? '')
      else known.add(entry?.name ?? '')
    }
    if (known.has('end')) break
  }
  await writing
  t.same(
    [...known].sort(),
    (await store.list()).entries.map(({ name }) => name),
  )
})

t.test('a watch ends with its signal, and with the registry', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const own = new AbortController()
  const aborted = take(await store.watch({ signal: own.signal }), 1)
  own.abort()
  t.same(await aborted, [])
  const closed = take(await store.watch({ signal: new AbortController().signal }), 1)
  await registry.close()
  t.same(await closed, [])
})
