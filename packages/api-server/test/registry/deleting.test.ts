import t from 'tap'
import type { DeleteRequest, Store } from '../../src/registry/store.ts'
import { configMap, configMaps, openRegistry, type Pod, pod, pods, shown, take } from './testing.ts'

const namespace = 'default'
const key = { namespace, name: 'a' }

interface Row {
  name: string
  /** What the pod is before the last request. */
  spec?: Pod['spec']
  finalizers?: string[]
  before?: DeleteRequest<Pod>[]
  request: DeleteRequest<Pod>
  expect:
    | 'gone'
    | { deletionTimestamp: string; deletionGracePeriodSeconds: number; generation?: number; finalizers?: string[] }
}

const onNode = { nodeName: 'n' }
const rows: Row[] = [
  { name: 'a pod on no node goes at once', request: {}, expect: 'gone' },
  {
    name: 'a pod on a node gets the grace of its spec',
    spec: { ...onNode, terminationGracePeriodSeconds: 7 },
    request: {},
    expect: { deletionTimestamp: '1970-01-01T00:01:07Z', deletionGracePeriodSeconds: 7, generation: 2 },
  },
  {
    name: 'a pod on a node gets the grace asked for',
    spec: onNode,
    request: { gracePeriodSeconds: 5 },
    expect: { deletionTimestamp: '1970-01-01T00:01:05Z', deletionGracePeriodSeconds: 5, generation: 2 },
  },
  {
    name: 'a negative grace is one second',
    spec: onNode,
    request: { gracePeriodSeconds: -3 },
    expect: { deletionTimestamp: '1970-01-01T00:01:01Z', deletionGracePeriodSeconds: 1 },
  },
  { name: 'no grace deletes at once', spec: onNode, request: { gracePeriodSeconds: 0 }, expect: 'gone' },
  {
    name: 'a second delete may shorten the grace',
    spec: onNode,
    before: [{}],
    request: { gracePeriodSeconds: 10 },
    expect: { deletionTimestamp: '1970-01-01T00:01:10Z', deletionGracePeriodSeconds: 10, generation: 2 },
  },
  {
    name: 'a second delete may not prolong it',
    spec: onNode,
    before: [{ gracePeriodSeconds: 10 }],
    request: { gracePeriodSeconds: 20 },
    expect: { deletionTimestamp: '1970-01-01T00:01:10Z', deletionGracePeriodSeconds: 10 },
  },
  {
    name: 'a second delete without grace ends the waiting',
    spec: onNode,
    before: [{}],
    request: { gracePeriodSeconds: 0 },
    expect: 'gone',
  },
  {
    name: 'finalizers hold a pod whose grace is over',
    finalizers: ['a/b'],
    request: {},
    expect: {
      deletionTimestamp: '1970-01-01T00:01:00Z',
      deletionGracePeriodSeconds: 0,
      generation: 2,
      finalizers: ['a/b'],
    },
  },
  {
    name: 'foreground waits for the garbage collector',
    request: { propagationPolicy: 'Foreground' },
    expect: {
      deletionTimestamp: '1970-01-01T00:01:00Z',
      deletionGracePeriodSeconds: 0,
      finalizers: ['foregroundDeletion'],
    },
  },
  {
    name: 'orphan waits for the garbage collector',
    request: { propagationPolicy: 'Orphan' },
    expect: { deletionTimestamp: '1970-01-01T00:01:00Z', deletionGracePeriodSeconds: 0, finalizers: ['orphan'] },
  },
  {
    name: 'background takes the finalizers of the other policies away',
    finalizers: ['orphan', 'foregroundDeletion'].slice(0, 1),
    request: { propagationPolicy: 'Background' },
    expect: 'gone',
  },
  {
    name: 'a dry run leaves everything',
    spec: onNode,
    before: [{ gracePeriodSeconds: 10 }],
    request: { gracePeriodSeconds: 0, dryRun: true },
    expect: { deletionTimestamp: '1970-01-01T00:01:10Z', deletionGracePeriodSeconds: 10 },
  },
]

for (const { name, spec = {}, finalizers, before = [], request, expect } of rows)
  t.test(name, async (t) => {
    const { registry } = await openRegistry(t, { now: () => 60_000 })
    const store = registry.store(pods)
    await store.create(pod('a', spec, finalizers && { finalizers }), { namespace })
    for (const earlier of before) await store.delete(key, earlier)
    const { deleted, entry } = await store.delete(key, request)
    if (!request.dryRun) t.equal(deleted, expect === 'gone')
    const left = await there(store)
    if (expect === 'gone') t.equal(left, undefined)
    else {
      t.match(left?.metadata, expect)
      if (!request.dryRun) t.equal(entry.object().metadata.resourceVersion, left?.metadata.resourceVersion)
    }
  })

const there = (store: Store<Pod>) =>
  store.get(key).then(
    (entry) => entry.object(),
    () => undefined,
  )

t.test('an object without graceful deletion goes at once', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  await store.create(configMap('a'), { namespace })
  t.match(await store.delete(key, { gracePeriodSeconds: 30 }), { deleted: true })
  await t.rejects(store.get(key), { code: 404 })
})

t.test('the update that takes the last finalizer takes the object', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const store = registry.store(pods)
  await store.create(pod('a', {}, { finalizers: ['a/b', 'c/d'] }), { namespace })
  const watch = take(await store.watch({ resourceVersion: String(registry.revision()), signal }), 3)
  await store.delete(key)
  const without = (finalizers: string[]) => (old: Pod | undefined) => {
    const next = old as Pod
    next.metadata.finalizers = finalizers
    return next
  }
  t.match(await store.update(key, without(['a/b'])), { deleted: false })
  t.match(await store.update(key, without([])), { deleted: true })
  t.equal(await there(store), undefined)
  t.same((await watch).map(shown), ['MODIFIED a', 'MODIFIED a', 'DELETED a'])
})

t.test('a collection is deleted as far as it is selected', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  for (const name of ['a', 'b', 'c'])
    await store.create(configMap(name, { labels: { pick: name === 'b' ? 'no' : 'yes' } }), { namespace })
  const { entries } = await store.deleteCollection({ namespace, labelSelector: 'pick=yes' })
  t.same(
    entries.map(({ name }) => name),
    ['a', 'c'],
  )
  t.same(
    (await store.list()).entries.map(({ name }) => name),
    ['b'],
  )
})

t.test('admission may refuse a deletion', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(pods)
  await store.create(pod('a'), { namespace })
  await t.rejects(store.delete(key, { admit: () => Promise.reject(new Error('no')) }), { message: 'no' })
  t.ok(await there(store))
})
