import t from 'tap'
import {
  type Applied,
  applyConfiguration,
  decodeObject,
  type KubernetesObject,
  updateManagedFields,
  type Writer,
} from '../../src/index.ts'
import { registry } from '../testing/schema.ts'

type Json = Record<string, unknown>
const writer = (manager: string, second = 0): Writer => ({
  manager,
  apiVersion: 'apps/v1',
  time: `2026-01-01T00:00:0${second}Z`,
})
const base = { kind: 'Deployment', apiVersion: 'apps/v1' }
const config = (spec: Json, labels?: Json): Json => ({
  ...base,
  metadata: { name: 'web', ...(labels && { labels }) },
  spec,
})

interface Options {
  live?: KubernetesObject
  force?: boolean
  second?: number
}

function apply(configuration: Json, manager: string, { live, force = false, second = 0 }: Options = {}): Applied {
  const request = {
    live,
    config: configuration,
    schema: 'Deployment',
    registry,
    writer: writer(manager, second),
    force,
  }
  const { object, changed } = applyConfiguration(request)
  return { changed, object: decodeObject<KubernetesObject>(object, { schema: 'Deployment', registry }).object }
}

function update(
  live: KubernetesObject,
  change: (object: Json & { spec: Json }) => void,
  manager: string,
): KubernetesObject {
  const object = structuredClone(live) as unknown as KubernetesObject & Json & { spec: Json }
  change(object)
  object.metadata.managedFields = updateManagedFields({
    live,
    object,
    schema: 'Deployment',
    registry,
    writer: writer(manager, 1),
  })
  return object
}

const specOf = (object: KubernetesObject): Json => (object as unknown as { spec: Json }).spec
const template = (...containers: Json[]): Json => ({ template: { containers } })
const owners = (object: KubernetesObject) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`)

t.test('creates, owning what the configuration names', async (t) => {
  const { object, changed } = apply(
    config({ replicas: 2, ...template({ name: 'c', image: 'a' }) }, { app: 'web' }),
    'me',
  )
  t.ok(changed)
  t.equal(specOf(object).replicas, 2)
  t.same(object.metadata.managedFields, [
    {
      manager: 'me',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:template': {
            'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:image': {} } },
          },
        },
      },
    },
  ])
})

t.test('the same configuration again is no write', async (t) => {
  const first = apply(config({ replicas: 2 }), 'me')
  const again = apply(config({ replicas: 2 }), 'me', { live: first.object, second: 5 })
  t.notOk(again.changed)
  t.same(again.object, first.object)
})

t.test('what the configuration drops is removed', async (t) => {
  const both = config(
    { replicas: 2, ...template({ name: 'a', image: 'a' }, { name: 'b', image: 'b', args: ['x'] }) },
    { app: 'web', old: 'x' },
  )
  const first = apply(both, 'me')
  const fewer = config(template({ name: 'b', image: 'b' }), { app: 'web' })
  const { object } = apply(fewer, 'me', { live: first.object, second: 1 })
  t.same(object.metadata.labels, { app: 'web' })
  t.equal(specOf(object).replicas, undefined)
  t.same(specOf(object).template, { containers: [{ name: 'b', image: 'b', resources: {} }] })
})

t.test('what others own or nobody applied stays', async (t) => {
  const first = apply(config({ replicas: 2, ...template({ name: 'a', image: 'a' }) }, { app: 'web' }), 'me')
  const other = apply(config({ replicas: 2, ...template({ name: 'side', image: 's' }) }), 'you', { live: first.object })
  const added = update(other.object, (object) => Object.assign(object.spec, { strategy: { type: 'Recreate' } }), 'ed')
  const { object } = apply(config(template({ name: 'a', image: 'a' })), 'me', { live: added, second: 2 })
  t.equal(specOf(object).replicas, 2)
  t.same(specOf(object).strategy, { type: 'Recreate' })
  t.same(
    (specOf(object).template as { containers: Json[] }).containers.map(({ name }) => name),
    ['a', 'side'],
  )
  t.equal(object.metadata.labels, undefined)
  t.same(owners(object), ['you Apply', 'me Apply', 'ed Update'])
})

t.test('conflicts', async (t) => {
  const first = apply(config({ replicas: 1, ...template({ name: 'c', image: 'a' }) }), 'me')
  const live = update(first.object, (object) => Object.assign(object.spec, { replicas: 5 }), 'kubectl')
  t.throws(() => apply(config({ replicas: 1 }), 'me', { live }), {
    message: 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas',
    code: 409,
    reason: 'Conflict',
    status: {
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using apps/v1', field: '.spec.replicas' },
        ],
      },
    },
  })
  t.throws(() => apply(config({ replicas: 7, ...template({ name: 'c', image: 'b' }) }), 'you', { live }), {
    message:
      'Apply failed with 2 conflicts: conflicts with "kubectl" using apps/v1:\n- .spec.replicas\nconflicts with "me":\n- .spec.template.containers[name="c"].image',
  })
  const forced = apply(config({ replicas: 1, ...template({ name: 'c', image: 'a' }) }), 'me', { live, force: true })
  t.equal(specOf(forced.object).replicas, 1)
  t.same(owners(forced.object), ['me Apply'])
  t.doesNotThrow(() => apply(config({ replicas: 5 }), 'you', { live }), 'the same value is shared')
})

t.test('values that mean the same do not conflict', async (t) => {
  const limits = (cpu: string) => config(template({ name: 'c', resources: { limits: { cpu } } }))
  const first = apply(limits('1'), 'me')
  t.doesNotThrow(() => apply(limits('1000m'), 'you', { live: first.object }))
})

t.test('an object of before the first apply', async (t) => {
  const { object } = apply(config({ replicas: 1 }), 'me')
  const { managedFields: _, ...metadata } = object.metadata
  const live = { ...object, metadata }
  t.throws(() => apply(config({ replicas: 2 }), 'me', { live }), {
    message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
  })
  const { object: applied } = apply(config({ replicas: 1 }), 'me', { live })
  t.same(owners(applied), ['me Apply', 'before-first-apply Update'])
})

t.test('a configuration may not bring managedFields', async (t) => {
  t.throws(() => apply({ ...base, metadata: { name: 'x', managedFields: [] } }, 'me'), {
    message: 'metadata.managedFields must be nil',
    code: 400,
  })
})

t.test('elements of the live list alone keep their place', async (t) => {
  const names = (...list: string[]) => template(...list.map((name) => ({ name, image: 'x' })))
  const first = apply(config(names('a', 'b', 'c')), 'me')
  const { object } = apply(config(names('c', 'd')), 'you', { live: first.object })
  const { containers } = specOf(object).template as { containers: Json[] }
  t.same(
    containers.map(({ name }) => name),
    ['a', 'b', 'c', 'd'],
  )
})

t.test('an object whose applier drops all of its metadata keeps its name', async (t) => {
  const first = apply(config({}, { app: 'web' }), 'me')
  const { object } = apply(config({}), 'me', { live: first.object })
  t.same([object.metadata.name, object.metadata.labels], ['web', undefined])
})

t.test('the order of the configuration holds among what both lists have', async (t) => {
  const names = (...list: string[]) => template(...list.map((name) => ({ name, image: 'x' })))
  const first = apply(config(names('a', 'b', 'c')), 'me')
  const { object } = apply(config(names('b', 'a')), 'you', { live: first.object })
  const { containers } = specOf(object).template as { containers: Json[] }
  t.same(
    containers.map(({ name }) => name),
    ['b', 'c', 'a'],
  )
})
