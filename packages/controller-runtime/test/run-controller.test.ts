import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { createInformerFactory } from '@tandem/client'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { Controller } from '../src/controller.ts'
import { runController } from '../src/run-controller.ts'
import { TerminalError } from '../src/terminal-error.ts'

interface Thing extends KubernetesObject {
  spec?: { size: number }
}
const define = (kind: string): ResourceDefinition<Thing> => ({
  group: 'x.io',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  scope: 'Namespaced',
  schema: kind,
})
const things = define('Thing')
const parts = define('Part')
const others = define('Other')
const named = (name: string, ownerReferences?: Thing['metadata']['ownerReferences']) => ({
  metadata: { name, namespace: 'ns', ...(ownerReferences && { ownerReferences }) },
})
const owner = (name: string, kind = 'Thing') => [{ apiVersion: 'x.io/v1', kind, name, uid: name, controller: true }]

type Tap = { teardown(done: () => Promise<void>): void }

function start(t: Tap, reconcile: Controller<Thing>['reconcile'], client = new FakeClient()) {
  const clock = new FakeClock()
  const informers = createInformerFactory({ client, clock, logger: silentLogger })
  const stopped = new AbortController()
  const seen: string[] = []
  const controller: Controller<Thing> = {
    name: 'thing-controller',
    for: things,
    owns: [parts],
    watches: [{ resource: others, keys: (other: Thing) => [{ namespace: 'ns', name: `for-${other.metadata.name}` }] }],
    permissions: [],
    reconcile(key, context) {
      seen.push(key.name)
      return reconcile(key, context)
    },
  }
  const running = runController(controller, {
    client,
    informers,
    informer: (resource) => informers.informer(resource),
    recorder: { record: () => undefined, flush: async () => undefined },
    clock,
    logger: silentLogger,
    signal: stopped.signal,
    settings: {},
  })
  informers.start()
  t.teardown(async () => {
    stopped.abort()
    await informers.stop()
    await running
  })
  return { client, clock, seen, settled: () => clock.advance(0).then(() => clock.advance(0)) }
}
const nothing = async () => undefined

t.test('own objects, owners of owned ones, and keys of watched ones are looked at', async (t) => {
  const client = new FakeClient()
  client.seed(things, named('a'))
  const { seen, settled } = start(t, nothing, client)
  await settled()
  t.same(seen.splice(0), ['a'])
  await client.create(parts, named('p', owner('b')))
  await client.create(parts, named('q', owner('c', 'Else')))
  await client.create(parts, named('r'))
  await client.create(others, named('o'))
  await settled()
  t.same(seen.splice(0), ['b', 'for-o'])
  await client.delete(parts, { namespace: 'ns', name: 'p' })
  await client.delete(things, { namespace: 'ns', name: 'a' })
  await settled()
  t.same(seen, ['b', 'a'])
})

t.test('a change of owner concerns both', async (t) => {
  const client = new FakeClient()
  const [part] = client.seed(parts, named('p', owner('a')))
  const { seen, settled } = start(t, nothing, client)
  await settled()
  seen.length = 0
  if (part) await client.update(parts, { ...part, metadata: { ...part.metadata, ownerReferences: owner('b') } })
  await settled()
  t.same(seen.sort(), ['a', 'b'])
})

t.test('a failure is retried with backoff, success forgets it', async (t) => {
  const client = new FakeClient()
  let failures = 3
  client.seed(things, named('a'))
  const { seen, clock } = start(
    t,
    async () => {
      if (failures-- > 0) throw new Error('not yet')
      return undefined
    },
    client,
  )
  await clock.advance(4)
  t.equal(seen.length, 1)
  await clock.advance(5 + 10 + 20)
  t.equal(seen.length, 4)
  await clock.advance(1_000_000)
  t.equal(seen.length, 4)
})

t.test('a terminal error is not retried', async (t) => {
  const client = new FakeClient()
  client.seed(things, named('a'))
  const { seen, clock } = start(
    t,
    async () => {
      throw new TerminalError('never')
    },
    client,
  )
  await clock.advance(1_000_000)
  t.equal(seen.length, 1)
})

t.test('requeueAfter looks again later', async (t) => {
  const client = new FakeClient()
  client.seed(things, named('a'))
  const { seen, clock } = start(t, async () => (seen.length < 3 ? { requeueAfter: 1000 } : undefined), client)
  await clock.advance(1)
  t.equal(seen.length, 1)
  await clock.advance(5000)
  t.equal(seen.length, 3)
})

t.test('one key is never worked on twice at once, others go on meanwhile', async (t) => {
  const client = new FakeClient()
  client.seed(things, named('a'), named('b'))
  let release = () => {}
  const blocked = new Promise<void>((resolve) => {
    release = resolve
  })
  const { seen, settled } = start(
    t,
    async ({ name }) => {
      if (name === 'a') await blocked
      return undefined
    },
    client,
  )
  await settled()
  t.same(seen.splice(0), ['a', 'b'])
  await client.patch(things, { namespace: 'ns', name: 'a' }, { type: 'merge', body: { spec: { size: 2 } } })
  await client.patch(things, { namespace: 'ns', name: 'a' }, { type: 'merge', body: { spec: { size: 3 } } })
  await settled()
  t.same(seen, [])
  release()
  await settled()
  t.same(seen, ['a'])
})
