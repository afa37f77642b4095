import { isAlreadyExists, isConflict, isNotFound } from '@tandem/apimachinery'
import t from 'tap'
import { configMap, configMaps, openRegistry, pod, pods, there } from './testing.ts'

const namespace = 'default'

t.test('creating fills in what the server owns', async (t) => {
  const { registry } = await openRegistry(t, { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) })
  const entry = await registry
    .store(pods)
    .create(pod('a', {}, { uid: 'mine', generation: 5, deletionTimestamp: 'x', labels: { app: 'x' } }), { namespace })
  const created = entry.object()
  t.match(created, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'a',
      namespace,
      generation: 1,
      creationTimestamp: '2026-01-02T03:04:05Z',
      resourceVersion: String(entry.revision),
      labels: { app: 'x' },
    },
    status: { phase: 'Pending' },
  })
  t.match(created.metadata.uid, /^[0-9a-f-]{36}$/)
  t.notOk('deletionTimestamp' in created.metadata)
  t.same(entry.fields, {
    'metadata.name': 'a',
    'metadata.namespace': namespace,
    'spec.nodeName': '',
    'status.phase': 'Pending',
  })
  t.ok(entry.json.toString().startsWith('{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":'))
  t.same((await registry.store(pods).get({ namespace, name: 'a' })).json, entry.json)
})

t.test('a name is generated, and again when it is taken', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const made = await Promise.all(
    Array.from({ length: 20 }, () => store.create({ metadata: { generateName: 'x-' } as never }, { namespace })),
  )
  for (const { name } of made) t.match(name, /^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  t.equal(new Set(made.map(({ name }) => name)).size, 20)
})

t.test('what is refused', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(pods)
  await store.create(pod('there'), { namespace })
  const leaving = await store.create(pod('leaving', {}, { finalizers: ['a/b'] }), { namespace })
  await store.delete({ namespace, name: 'leaving' })
  t.equal(leaving.revision > 0, true)
  const rows: [string, () => Promise<unknown>, { code: number; message: RegExp | string }][] = [
    [
      'a name that is taken',
      () => store.create(pod('there'), { namespace }),
      { code: 409, message: 'pods "there" already exists' },
    ],
    [
      'a name whose object is being deleted',
      () => store.create(pod('leaving'), { namespace }),
      { code: 409, message: 'object is being deleted: pods "leaving" already exists' },
    ],
    [
      'a name that is taken, in a dry run',
      () => store.create(pod('there'), { namespace, dryRun: true }),
      { code: 409, message: /already exists/ },
    ],
    [
      'a bad name and a bad spec, both told',
      () => store.create(pod('A b', { image: 'bad' }), { namespace }),
      { code: 422, message: /^Pod "A b" is invalid: \[metadata.name: Invalid value: "A b".*, spec.image: / },
    ],
    [
      'another namespace',
      () => store.create(pod('x', {}, { namespace: 'other' }), { namespace }),
      { code: 400, message: /does not match the namespace/ },
    ],
    [
      'what admission refuses',
      () => store.create(pod('x'), { namespace, admit: () => Promise.reject(new Error('no')) }),
      { code: undefined as never, message: 'no' },
    ],
    [
      'reading what is not there',
      () => store.get({ namespace, name: 'no' }),
      { code: 404, message: 'pods "no" not found' },
    ],
    [
      'updating what is not there',
      () => store.update({ namespace, name: 'no' }, () => pod('no')),
      { code: 404, message: 'pods "no" not found' },
    ],
    [
      'deleting what is not there',
      () => store.delete({ namespace, name: 'no' }),
      { code: 404, message: 'pods "no" not found' },
    ],
    [
      'an update with a stale version',
      () =>
        store.update(
          { namespace, name: 'there' },
          (old) => ({ ...there(old), metadata: { ...there(old).metadata, resourceVersion: '1' } }),
          {},
        ),
      { code: 409, message: /^Operation cannot be fulfilled on pods "there": the object has been modified/ },
    ],
    [
      'an update with another uid',
      () => store.update({ namespace, name: 'there' }, () => pod('there'), { preconditions: { uid: 'other' } }),
      { code: 409, message: /Precondition failed: UID in precondition: other, UID in object meta: / },
    ],
    [
      'a delete with another uid',
      () => store.delete({ namespace, name: 'there' }, { preconditions: { uid: 'other' } }),
      { code: 409, message: /the UID in the precondition \(other\) does not match/ },
    ],
    [
      'a new finalizer on what is being deleted',
      () =>
        store.update({ namespace, name: 'leaving' }, (old) => {
          if (old) old.metadata.finalizers = ['a/b', 'c/d']
          return old as never
        }),
      {
        code: 422,
        message:
          /no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"c\/d"\}/,
      },
    ],
  ]
  // The first pod has revision 1, which the stale row names; it must have moved on.
  await store.update({ namespace, name: 'there' }, (old) => ({ ...there(old), spec: { image: 'good' } }))
  for (const [name, act, { code, message }] of rows)
    await t.test(name, async (t) => {
      const error = (await t.rejects(act(), { message })) as { code?: number }
      t.equal(error.code, code)
    })
})

t.test('updating', async (t) => {
  const { registry, backend } = await openRegistry(t)
  const store = registry.store(pods)
  const key = { namespace, name: 'a' }
  const created = await store.create(
    pod('a', { image: '1' }, { managedFields: [{ manager: 'm', operation: 'Update', time: '2026-01-01T00:00:00Z' }] }),
    { namespace },
  )

  await t.test('spec counts the generation, status stays', async (t) => {
    const { entry } = await store.update(key, () => ({ ...pod('a', { image: '2' }), status: { phase: 'Running' } }))
    t.match(entry.object(), {
      metadata: { generation: 2, uid: created.object().metadata.uid },
      spec: { image: '2' },
      status: { phase: 'Pending' },
    })
  })
  await t.test('status stays within status', async (t) => {
    const { entry } = await store.update(
      key,
      () => ({ ...pod('a', { image: '3' }, { labels: { l: '1' } }), status: { phase: 'Running' } }),
      { subresource: 'status' },
    )
    t.match(entry.object(), {
      metadata: { generation: 2, labels: { l: '1' } },
      spec: { image: '2' },
      status: { phase: 'Running' },
    })
  })
  await t.test('metadata alone does not count', async (t) => {
    const { entry } = await store.update(key, (old) => ({
      ...there(old),
      metadata: { ...there(old).metadata, annotations: { x: 'y' } },
    }))
    t.equal(entry.object().metadata.generation, 2)
  })
  await t.test('what changes nothing writes nothing, in whatever order and at whatever time', async (t) => {
    const { entry: with1 } = await store.update(key, (old) => {
      if (old) old.metadata.managedFields = [{ manager: 'm', operation: 'Update', time: '2026-01-01T00:00:00Z' }]
      return old as never
    })
    const before = await backend.currentRevision()
    const { entry } = await store.update(key, (old) => {
      const { metadata, spec, ...rest } = old as NonNullable<typeof old>
      const managedFields = [{ time: '2026-01-01T11:11:11Z', manager: 'm', operation: 'Update' as const }]
      return { ...rest, spec, metadata: { ...metadata, managedFields } }
    })
    t.equal(entry.revision, with1.revision)
    t.equal(await backend.currentRevision(), before)
  })
  await t.test('a dry run tells and writes nothing', async (t) => {
    const before = await backend.currentRevision()
    const { entry } = await store.update(key, () => pod('a', { image: 'dry' }), { dryRun: true })
    t.equal(entry.object().spec.image, 'dry')
    t.equal((await store.create(pod('b'), { namespace, dryRun: true })).object().metadata.resourceVersion, undefined)
    t.equal(await backend.currentRevision(), before)
  })
  await t.test('concurrent changes are all made, one after the other', async (t) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.update(key, (old) => {
          if (old) old.metadata.labels = { ...old.metadata.labels, [`l${i}`]: 'x' }
          return old as never
        }),
      ),
    )
    t.equal(Object.keys((await store.get(key)).labels).filter((label) => /^l\d/.test(label)).length, 20)
  })
  await t.test('creates only where that is allowed', async (t) => {
    const absent = { namespace, name: 'new' }
    t.ok(isNotFound(await store.update(absent, () => pod('new')).catch((error) => error)))
    const { created, entry } = await store.update(absent, () => pod('new'), { createIfAbsent: true })
    t.equal(created, true)
    t.match(entry.object().metadata, { namespace, generation: 1 })
  })
})

t.test('of many who create one name, one wins', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const tries = await Promise.allSettled(
    Array.from({ length: 10 }, () => store.create(configMap('one'), { namespace })),
  )
  t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const tried of tries) if (tried.status === 'rejected') t.ok(isAlreadyExists(tried.reason))
})

t.test('of many who update one version, one wins', async (t) => {
  const { registry } = await openRegistry(t)
  const store = registry.store(configMaps)
  const { revision } = await store.create(configMap('one'), { namespace })
  const tries = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) =>
      store.update({ namespace, name: 'one' }, () => {
        const next = configMap('one', { data: { by: String(i) } })
        next.metadata.resourceVersion = String(revision)
        return next
      }),
    ),
  )
  t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const tried of tries) if (tried.status === 'rejected') t.ok(isConflict(tried.reason))
})
