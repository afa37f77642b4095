import t from 'tap'
import { encodeList } from '../../src/registry/list-encoding.ts'
import { StoreRegistry } from '../../src/registry/registry.ts'
import { configMap, configMaps, namesOf, openRegistry, pod, pods } from './testing.ts'

t.test('selecting', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(pods)
  for (const [namespace, name, nodeName, app] of [
    ['a', 'x', 'n1', 'web'],
    ['a', 'y', 'n2', 'db'],
    ['a-b', 'x', 'n1', 'db'],
    ['b', 'z', '', 'web'],
  ] as const)
    await store.create(pod(name, { nodeName }, { labels: { app } }), { namespace })
  const rows: [string, Parameters<typeof store.list>[0], string][] = [
    ['everything, in the order of keys', {}, 'a-b/x a/x a/y b/z'],
    ['a namespace', { namespace: 'a' }, 'a/x a/y'],
    ['a namespace that is empty', { namespace: 'none' }, ''],
    ['labels', { labelSelector: 'app in (web)' }, 'a/x b/z'],
    ['a name in all namespaces', { fieldSelector: 'metadata.name=x' }, 'a-b/x a/x'],
    ['a name in one', { namespace: 'a', fieldSelector: 'metadata.name=x' }, 'a/x'],
    ['a namespace by field', { fieldSelector: 'metadata.namespace=b' }, 'b/z'],
    ['a node', { fieldSelector: 'spec.nodeName=n1' }, 'a-b/x a/x'],
    ['no node', { fieldSelector: 'spec.nodeName=' }, 'b/z'],
    ['a node and labels', { fieldSelector: 'spec.nodeName=n1', labelSelector: 'app=db' }, 'a-b/x'],
  ]
  for (const [name, request, expected] of rows)
    await t.test(name, async (t) => {
      const { entries } = await store.list(request)
      t.equal(entries.map(({ namespace, name }) => `${namespace}/${name}`).join(' '), expected)
    })
  await t.test('a field that nobody may select by', async (t) => {
    await t.rejects(store.list({ fieldSelector: 'spec.image=x' }), { message: 'field label not supported: spec.image' })
    const refused = { message: '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"' }
    await t.rejects(registry.store(configMaps).list({ fieldSelector: 'data.x=1' }), refused)
  })
})

t.test('pages are of one revision, whatever happens between them', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const namespace = 'default'
  for (const name of 'abcdef') await store.create(configMap(name), { namespace })
  for (const inNamespace of [namespace, undefined]) {
    const first = await store.list({ namespace: inNamespace, limit: 2 })
    t.match(first, { remainingItemCount: 4 })
    await store.delete({ namespace, name: 'd' })
    await store.create(configMap('bb'), { namespace })
    const second = await store.list({ namespace: inNamespace, limit: 2, continue: first.continue })
    t.same(
      second.entries.map(({ name }) => name),
      ['c', 'd'],
    )
    t.equal(second.revision, first.revision)
    const third = await store.list({ namespace: inNamespace, limit: 2, continue: second.continue })
    t.same(
      third.entries.map(({ name }) => name),
      ['e', 'f'],
    )
    t.equal(third.continue, undefined)
    t.equal(third.remainingItemCount, undefined)
    await store.create(configMap('d'), { namespace })
    await store.delete({ namespace, name: 'bb' })
  }
})

t.test('a page of selected objects does not say how many remain', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  for (const name of 'abcd')
    await store.create(configMap(name, { labels: { odd: String('ac'.includes(name)) } }), { namespace: 'n' })
  const first = await store.list({ labelSelector: 'odd=true', limit: 1 })
  t.match(first, { remainingItemCount: undefined, continue: String })
  const second = await store.list({ labelSelector: 'odd=true', limit: 5, continue: first.continue })
  t.same(
    second.entries.map(({ name }) => name),
    ['c'],
  )
})

t.test('resourceVersion', async (t) => {
  const { registry, backend } = await openRegistry(t)
  const store = registry.store(configMaps)
  const namespace = 'default'
  const { revision: first } = await store.create(configMap('a'), { namespace })
  await store.create(configMap('b'), { namespace })
  const now = String(registry.revision())
  const rows: [string, Parameters<typeof store.list>[0], string | { code: number; message: RegExp | string }][] = [
    ['unset', {}, 'a b'],
    ['0', { resourceVersion: '0' }, 'a b'],
    ['not older than the past', { resourceVersion: String(first), resourceVersionMatch: 'NotOlderThan' }, 'a b'],
    ['unset match, no limit', { resourceVersion: String(first) }, 'a b'],
    ['unset match, a limit', { resourceVersion: String(first), limit: 9 }, 'a'],
    ['exactly the past', { resourceVersion: String(first), resourceVersionMatch: 'Exact' }, 'a'],
    ['exactly now', { resourceVersion: now, resourceVersionMatch: 'Exact' }, 'a b'],
    [
      'exactly the future',
      { resourceVersion: '99', resourceVersionMatch: 'Exact' },
      { code: 504, message: `Timeout: Too large resource version: 99, current: ${now}` },
    ],
    ['no number', { resourceVersion: 'x' }, { code: 400, message: /resourceVersion: Invalid value: "x"/ }],
    [
      'a match without a version',
      { resourceVersionMatch: 'Exact' },
      { code: 422, message: /resourceVersionMatch is forbidden unless resourceVersion is provided/ },
    ],
    [
      'a match that is none',
      { resourceVersion: '1', resourceVersionMatch: 'x' },
      { code: 422, message: /Unsupported value: "x"/ },
    ],
    [
      'exactly 0',
      { resourceVersion: '0', resourceVersionMatch: 'Exact' },
      { code: 422, message: /"exact" is forbidden for resourceVersion "0"/ },
    ],
    ['a broken token', { continue: '!' }, { code: 400, message: /continue key is not valid/ }],
    [
      'a token that climbs',
      { continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../x"}').toString('base64url') },
      { code: 400, message: /continue key is not valid/ },
    ],
    [
      'a token with a version',
      { continue: 'x', resourceVersion: '3' },
      { code: 400, message: 'specifying resource version is not allowed when using continue' },
    ],
  ]
  for (const [name, request, expected] of rows)
    await t.test(name, async (t) => {
      if (typeof expected === 'string') t.equal(await namesOf(store, request), expected)
      else {
        const error = await store.list(request).then(
          () => undefined,
          (error) => error,
        )
        t.match(error, expected)
      }
    })

  await t.test('a past that the store has forgotten is not told from memory', async (t) => {
    const { registry, backend } = await openRegistry(t)
    const store = registry.store(configMaps)
    for (const name of 'abcd') await store.create(configMap(name), { namespace })
    const page = await store.list({ limit: 2 })
    t.equal(await namesOf(store, { continue: page.continue }), 'c d')
    await store.delete({ namespace, name: 'c' })
    await backend.compact(await backend.currentRevision())
    await t.rejects(store.list({ continue: page.continue }), { code: 410 })
  })

  await t.test('a past from before the start comes from the log', async (t) => {
    const again = await openRegistry(t)
    const store = again.registry.store(configMaps)
    for (const name of 'abcd') await store.create(configMap(name), { namespace })
    const page = await store.list({ limit: 2 })
    await store.delete({ namespace, name: 'c' })
    await again.registry.close()
    const restarted = await StoreRegistry.open({ backend: again.backend })
    t.teardown(() => restarted.close())
    t.equal(await namesOf(restarted.store(configMaps), { continue: page.continue }), 'c d')
    await again.backend.compact(await again.backend.currentRevision())
    const refused = await restarted
      .store(configMaps)
      .list({ limit: 1, continue: page.continue })
      .then(
        () => undefined,
        (error) => error,
      )
    t.match(refused, { code: 410, message: /^The provided continue parameter is too old/ })
    t.equal(await namesOf(restarted.store(configMaps), { continue: refused.status.metadata.continue }), 'd')
    const exact = { resourceVersion: String(page.revision), resourceVersionMatch: 'Exact' }
    await t.rejects(restarted.store(configMaps).list(exact), {
      message: 'The resourceVersion for the provided list is too old.',
    })
  })
  t.ok(backend.exclusive)
})

t.test('a list is the concatenation of its objects', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const data = { big: 'ü'.repeat(600 << 10) }
  for (const name of 'abcd') await store.create(configMap(name, { data }), { namespace: 'n' })
  const list = await store.list({ limit: 3 })
  const chunks = [...encodeList(configMaps, list)]
  t.ok(chunks.length > 1)
  const parsed = JSON.parse(Buffer.concat(chunks).toString())
  t.match(parsed, {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(list.revision), remainingItemCount: 1, continue: list.continue },
    items: [{ metadata: { name: 'a' }, data }, { metadata: { name: 'b' } }, { metadata: { name: 'c' } }],
  })
  const empty = [...encodeList(configMaps, await store.list({ namespace: 'none' }))]
  t.match(JSON.parse(Buffer.concat(empty).toString()), { items: [] })
})
