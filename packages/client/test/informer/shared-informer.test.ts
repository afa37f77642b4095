import { expired, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { Client, WatchEvent, WatchOptions } from '../../src/client.ts'
import { createInformerFactory } from '../../src/informer/factory.ts'
import { SharedInformer } from '../../src/informer/shared-informer.ts'
import { FakeClient } from '../../src/testing/fake-client.ts'

interface Thing extends KubernetesObject {
  spec?: { color: string }
}
const things: ResourceDefinition<Thing> = {
  group: 'x.io',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  scope: 'Namespaced',
  schema: 'Thing',
}
const thing = (name: string, color = 'red') => ({ metadata: { name, namespace: 'default' }, spec: { color } })
const tick = () => new Promise((resolve) => setImmediate(resolve))

const start = (t: Tap, client: Client = new FakeClient()) => {
  const clock = new FakeClock()
  const informer = new SharedInformer({ client, clock, logger: silentLogger, resource: things })
  const seen: string[] = []
  informer.addHandler({
    added: (object) => seen.push(`+${object.metadata.name}`),
    updated: (object, old) => seen.push(`~${object.metadata.name} ${old.spec?.color}>${object.spec?.color}`),
    deleted: (object) => seen.push(`-${object.metadata.name}`),
  })
  const stopped = new AbortController()
  const running = informer.run(stopped.signal)
  t.teardown(async () => {
    stopped.abort()
    await running
  })
  return { informer, seen, clock }
}
type Tap = { teardown(done: () => Promise<void>): void }

t.test('what is there and what happens later is reported once, and is in the cache by then', async (t) => {
  const client = new FakeClient()
  client.seed(things, thing('a'))
  const { informer, seen } = start(t, client)
  await informer.synced
  t.same(seen, ['+a'])
  await client.create(things, thing('b'))
  await client.patch(things, { namespace: 'default', name: 'a' }, { type: 'merge', body: { spec: { color: 'blue' } } })
  await client.delete(things, { namespace: 'default', name: 'b' })
  for (let i = 0; i < 5; i++) await tick()
  t.same(seen, ['+a', '+b', '~a red>blue', '-b'])
  t.equal(informer.get({ namespace: 'default', name: 'a' })?.spec?.color, 'blue')
  t.same(informer.list('elsewhere'), [])
})

t.test('a handler added later is told what is there; one removed hears no more', async (t) => {
  const client = new FakeClient()
  client.seed(things, thing('a'))
  const { informer } = start(t, client)
  await informer.synced
  const late: string[] = []
  const remove = informer.addHandler({ added: ({ metadata }) => late.push(metadata.name) })
  remove()
  await client.create(things, thing('b'))
  for (let i = 0; i < 5; i++) await tick()
  t.same(late, ['a'])
})

t.test('indexes follow changes and hold what was there before them', async (t) => {
  const client = new FakeClient()
  client.seed(things, thing('a'), thing('b', 'blue'))
  const { informer } = start(t, client)
  await informer.synced
  informer.addIndex('color', ({ spec }) => (spec ? [spec.color] : []))
  const names = (color: string) => informer.byIndex('color', color).map(({ metadata }) => metadata.name)
  t.same(names('red'), ['a'])
  await client.patch(things, { namespace: 'default', name: 'a' }, { type: 'merge', body: { spec: { color: 'blue' } } })
  for (let i = 0; i < 5; i++) await tick()
  t.same([names('red'), names('blue').sort()], [[], ['a', 'b']])
  t.throws(() => informer.byIndex('size', '1'), { message: 'there is no index "size"' })
})

t.test('a handler that throws does not keep the change from the others', async (t) => {
  const client = new FakeClient()
  const { informer, seen } = start(t, client)
  await informer.synced
  informer.addHandler({
    added: () => {
      throw new Error('mine')
    },
  })
  await client.create(things, thing('a'))
  for (let i = 0; i < 5; i++) await tick()
  t.same(seen, ['+a'])
})

const failing = (error: Error): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
})

/** A client whose watches end as scripted; afterwards they stay open. */
class Scripted extends FakeClient {
  readonly watchedFrom: (string | undefined)[] = []
  lists = 0
  readonly script: ((options: WatchOptions) => AsyncGenerator<WatchEvent<KubernetesObject>>)[] = []
  override list: FakeClient['list'] = (resource, options) => {
    this.lists++
    return super.list(resource, options)
  }
  override async *watch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    this.watchedFrom.push(options.resourceVersion)
    const next = this.script.shift()
    yield* (next ? next(options) : super.watch(resource, options)) as AsyncGenerator<WatchEvent<T>>
  }
}

t.test('a watch that ends goes on from the last bookmark, without a new list', async (t) => {
  const client = new Scripted()
  client.script.push(async function* () {
    yield { type: 'BOOKMARK', object: { metadata: { resourceVersion: '42' } as KubernetesObject['metadata'] } }
  })
  const { informer } = start(t, client)
  await informer.synced
  for (let i = 0; i < 5; i++) await tick()
  t.equal(client.lists, 1)
  t.same(client.watchedFrom, ['0', '42'])
})

t.test('when history is gone it lists again, and reports what went away meanwhile', async (t) => {
  const client = new Scripted()
  client.seed(things, thing('a'), thing('b'))
  client.script.push(async function* () {
    await client.delete(things, { namespace: 'default', name: 'a' })
    await client.create(things, thing('c'))
    yield* failing(expired('too old resource version: 2 (9)'))
  })
  const { seen, informer } = start(t, client)
  await informer.synced
  for (let i = 0; i < 10; i++) await tick()
  t.equal(client.lists, 2)
  t.same(seen, ['+a', '+b', '+c', '-a'])
})

t.test('other failures wait longer each time and keep the place', async (t) => {
  const client = new Scripted()
  for (let i = 0; i < 3; i++) {
    client.script.push(async function* () {
      yield* failing(new Error('connection refused'))
    })
  }
  const { informer, clock } = start(t, client)
  await informer.synced
  for (let i = 0; i < 5; i++) await tick()
  t.equal(client.watchedFrom.length, 1)
  await clock.advance(200)
  t.equal(client.watchedFrom.length, 2)
  await clock.advance(400)
  t.equal(client.watchedFrom.length, 3)
  t.equal(client.lists, 1)
})

t.test('an object that was replaced by another of its name is reported as gone and new', async (t) => {
  const client = new Scripted()
  client.seed(things, thing('a'))
  client.script.push(async function* () {
    await client.delete(things, { namespace: 'default', name: 'a' })
    await client.create(things, thing('a', 'blue'))
    yield* failing(expired('gone'))
  })
  const { seen, informer } = start(t, client)
  await informer.synced
  for (let i = 0; i < 10; i++) await tick()
  t.same(seen, ['+a', '-a', '+a'])
})

t.test('a factory gives one informer a resource and selection', async (t) => {
  const client = new Scripted()
  client.seed(things, thing('a'))
  const factory = createInformerFactory({ client, clock: new FakeClock(), logger: silentLogger })
  const first = factory.informer(things)
  t.equal(factory.informer(things), first)
  t.not(factory.informer(things, { namespace: 'default' }), first)
  factory.start()
  await first.synced
  t.equal(factory.informer(things).list().length, 1)
  const late = factory.informer(things, { labelSelector: 'a=b' })
  await late.synced
  t.same(late.list(), [])
  await factory.stop()
})
