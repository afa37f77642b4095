import { horizontalPodAutoscalers as v1 } from '@tandem/api/autoscaling/v1/horizontalpodautoscaler'
import { horizontalPodAutoscalers as v2 } from '@tandem/api/autoscaling/v2/horizontalpodautoscaler'
import { events as coreEvents } from '@tandem/api/core/v1/event'
import type { Event } from '@tandem/api/core/v1/types'
import { events } from '@tandem/api/events/v1/event'
import t from 'tap'
import { openRegistry, shown, take } from './testing.ts'

const namespace = 'default'
const key = { namespace, name: 'a' }

t.test('one object in two versions', async (t) => {
  const { registry, signal } = await openRegistry(t)
  const old = registry.store(v1)
  const stored = registry.store(v2)
  const watches = await Promise.all([1, 2].map(() => old.watch({ resourceVersion: '0', signal })))
  const spec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    minReplicas: 1,
    maxReplicas: 3,
    targetCPUUtilizationPercentage: 50,
  }
  const created = await old.create({ metadata: { name: 'a' }, spec } as never, { namespace })
  t.match(created.object(), { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } })

  const asStored = (await stored.get(key)).object()
  t.match(asStored, {
    apiVersion: 'autoscaling/v2',
    spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu' } }] },
  })
  t.equal(asStored.metadata.resourceVersion, String(created.revision))

  await stored.update(key, (current) => {
    if (current) current.spec.maxReplicas = 7
    return current as never
  })
  t.match((await old.get(key)).object(), {
    apiVersion: 'autoscaling/v1',
    spec: { maxReplicas: 7, targetCPUUtilizationPercentage: 50 },
  })
  const { entry } = await old.update(key, (current) => {
    if (current) current.spec.maxReplicas = 8
    return current as never
  })
  t.match(entry.object(), { apiVersion: 'autoscaling/v1', spec: { maxReplicas: 8 } })
  t.match(
    (await old.list({ namespace })).entries.map((entry) => entry.object()),
    [{ apiVersion: 'autoscaling/v1' }],
  )

  await old.delete(key)
  const [first = [], second = []] = await Promise.all(watches.map((watch) => take(watch, 4)))
  t.same(first.map(shown), ['ADDED a', 'MODIFIED a', 'MODIFIED a', 'DELETED a'])
  for (const [i, event] of first.entries()) {
    t.match(JSON.parse(event.json().toString()), { object: { apiVersion: 'autoscaling/v1' } })
    t.equal(event.json(), second[i]?.json(), 'converted once for all')
  }
})

t.test('fields are selected by the names of the version asked', async (t) => {
  const { registry } = await openRegistry(t)
  const core = registry.store(coreEvents)
  const event = (name: string, of: string) =>
    ({ metadata: { name }, involvedObject: { kind: 'Pod', namespace, name: of }, reason: 'x', type: 'Normal' }) as Event
  await core.create(event('e1', 'p1'), { namespace })
  await core.create(event('e2', 'p2'), { namespace })
  const names = async (
    store: { list: (request: object) => Promise<{ entries: readonly { name: string }[] }> },
    fieldSelector: string,
  ) => (await store.list({ fieldSelector })).entries.map(({ name }) => name)
  t.same(await names(core, 'involvedObject.name=p2'), ['e2'])
  t.same(await names(registry.store(events), 'regarding.name=p2'), ['e2'])
  t.same(await names(registry.store(events), 'regarding.name!=p2,type=Normal'), ['e1'])
  await t.rejects(registry.store(events).list({ fieldSelector: 'involvedObject.name=p2' }), { code: 400 })
})

t.test('a version stricter than the stored one refuses by its own rules', async (t) => {
  const { registry } = await openRegistry(t)
  const bare = { metadata: { name: 'e' }, regarding: { kind: 'Pod', namespace, name: 'p' }, type: 'Odd' } as never
  await t.rejects(registry.store(events).create(bare, { namespace }), {
    code: 422,
    message:
      /^Event.events.k8s.io "e" is invalid: \[eventTime: Required value, type: Invalid value: "": has invalid value: Odd\]/,
  })
})
