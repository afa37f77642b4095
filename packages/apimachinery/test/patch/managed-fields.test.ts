import t from 'tap'
import {
  decodeObject,
  difference,
  equalSets,
  type FieldSet,
  intersection,
  type KubernetesObject,
  type ManagedFieldsEntry,
  printPaths,
  union,
  updateManagedFields,
  type Writer,
  without,
} from '../../src/index.ts'
import { inOrder } from '../../src/patch/apply/field-set.ts'
import { registry } from '../testing/schema.ts'

const sets: [string, (a: FieldSet, b: FieldSet) => FieldSet, FieldSet, FieldSet, FieldSet][] = [
  ['union', union, { 'f:a': {} }, { 'f:a': { 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }],
  ['union of different fields', union, { 'f:a': {} }, { 'f:b': {} }, { 'f:a': {}, 'f:b': {} }],
  ['difference', difference, { 'f:a': { '.': {}, 'f:b': {} } }, { 'f:a': {} }, { 'f:a': { 'f:b': {} } }],
  ['difference below', difference, { 'f:a': { '.': {}, 'f:b': {} } }, { 'f:a': { 'f:b': {} } }, { 'f:a': {} }],
  ['difference to nothing', difference, { 'f:a': { 'f:b': {} } }, { 'f:a': { '.': {}, 'f:b': {} } }, {}],
  [
    'intersection',
    intersection,
    { 'f:a': { '.': {}, 'f:b': {} } },
    { 'f:a': { 'f:b': {}, 'f:c': {} } },
    { 'f:a': { 'f:b': {} } },
  ],
  ['without', without, { 'f:status': { 'f:x': {} }, 'f:spec': {} }, { 'f:status': {} }, { 'f:spec': {} }],
]
for (const [name, operation, a, b, expected] of sets)
  t.test(`sets: ${name}`, async (t) => {
    t.same(operation(a, b), expected)
    t.ok(equalSets(operation(a, b), expected))
    t.notOk(equalSets(a, b))
  })

t.test('a set that loses nothing is the same set', async (t) => {
  const set = { 'f:a': { 'f:b': {} } }
  t.equal(difference(set, { 'f:c': {} }), set)
})

t.test('the text of a set has its steps in order', async (t) => {
  const set = inOrder({ 'k:{"b":1}': {}, 'f:b': { 'f:y': {}, '.': {} }, 'f:a': {} })
  t.equal(JSON.stringify(set), '{"f:a":{},"f:b":{".":{},"f:y":{}},"k:{\\"b\\":1}":{}}')
})

t.test('paths are printed as upstream does', async (t) => {
  const set = {
    'f:spec': { 'f:list': { 'k:{"name":"x","port":80}': { '.': {}, 'f:image': {} } }, 'f:set': { 'v:"a"': {} } },
  }
  t.same(printPaths(set), ['.spec.list[name="x",port=80]', '.spec.list[name="x",port=80].image', '.spec.set[="a"]'])
})

const decode = (value: unknown): KubernetesObject =>
  decodeObject<KubernetesObject>(value, { schema: 'Deployment', registry }).object
const writer = (manager: string, second = 0, extra: Partial<Writer> = {}): Writer => ({
  manager,
  apiVersion: 'apps/v1',
  time: `2026-01-01T00:00:0${second}Z`,
  ...extra,
})
const write = (
  object: KubernetesObject,
  by: Writer,
  live?: KubernetesObject,
  ignored?: FieldSet,
): KubernetesObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    managedFields: updateManagedFields({ live, object, schema: 'Deployment', registry, writer: by, ignored }),
  },
})
const container = (name: string, image: string) => ({ name, image, ports: [{ port: 80, protocol: 'TCP' }] })
const deployment = (image = 'a:1', replicas = 1) =>
  decode({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web', uid: 'u', labels: { app: 'web' }, finalizers: ['x/y'] },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { rollingUpdate: { maxSurge: 1 } },
      template: { containers: [container('c', image)], nodeSelector: { disk: 'ssd' } },
    },
    status: { replicas: 1 },
  })
const summary = (object: KubernetesObject) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, subresource, time, fieldsV1 }) => [
    [manager, operation, subresource, time?.slice(-3)].filter(Boolean).join(' '),
    fieldsV1,
  ])
const entries = (object: KubernetesObject): ManagedFieldsEntry[] => object.metadata.managedFields ?? []

t.test('a create owns all that it set, in the shape of upstream', async (t) => {
  const created = write(deployment(), writer('kubectl'), undefined, { 'f:status': {} })
  t.same(summary(created), [
    [
      'kubectl Update 00Z',
      {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} }, 'f:finalizers': { '.': {}, 'v:"x/y"': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:selector': {},
          'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} } },
          'f:template': {
            '.': {},
            'f:containers': {
              '.': {},
              'k:{"name":"c"}': {
                '.': {},
                'f:name': {},
                'f:image': {},
                'f:ports': {
                  '.': {},
                  'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
                },
                'f:resources': {},
              },
            },
            'f:nodeSelector': {},
          },
        },
      },
    ],
  ])
})

t.test('who changes a field takes it over', async (t) => {
  const first = write(deployment(), writer('a'))
  const second = write(deployment('a:2'), writer('b', 1), first)
  t.same(summary(second)[1], [
    'b Update 01Z',
    { 'f:spec': { 'f:template': { 'f:containers': { 'k:{"name":"c"}': { 'f:image': {} } } } } },
  ])
  t.notMatch(JSON.stringify(entries(second)[0]), 'f:image')
  t.equal(entries(second)[0]?.time, '2026-01-01T00:00:00Z', 'losing a field is no operation of its own')
})

t.test('a write without a change leaves the entries alone', async (t) => {
  const first = write(deployment(), writer('a'))
  const again = write(deployment(), writer('b', 5), first)
  t.equal(again.metadata.managedFields, first.metadata.managedFields)
})

t.test('removed fields belong to nobody', async (t) => {
  const first = write(deployment(), writer('a'))
  const { finalizers: _, ...metadata } = deployment().metadata
  const second = write({ ...deployment(), metadata }, writer('b', 1), first)
  t.equal(entries(second).length, 1)
  t.notMatch(JSON.stringify(entries(second)), 'finalizers')
})

t.test('subresources are managers of their own', async (t) => {
  const first = write(deployment(), writer('a'), undefined, { 'f:status': {} })
  const changed = decode({ ...deployment(), status: { replicas: 3 } })
  const second = write(changed, writer('a', 1, { subresource: 'status' }), first, { 'f:spec': {}, 'f:metadata': {} })
  t.same(summary(second)[1], ['a Update status 01Z', { 'f:status': { 'f:replicas': {} } }])
})

t.test('managedFields of [{}] are forgotten and stay so until an apply', async (t) => {
  const first = write(deployment(), writer('a'))
  const reset = decode({ ...deployment('a:2'), metadata: { name: 'web', managedFields: [{}] } })
  const second = write(reset, writer('b', 1), first)
  t.same(entries(second), [])
  t.same(entries(write(deployment('a:3'), writer('b', 2), second)), [])
})

t.test('many managers fold into ancient-changes', async (t) => {
  let object = write(deployment(), writer('m0'))
  for (let index = 1; index <= 12; index++) {
    const labels = { ...object.metadata.labels, [`l${index}`]: 'x' }
    const next = { ...object, metadata: { ...object.metadata, labels } }
    object = write(next, writer(`m${index}`, 1), object)
  }
  const managers = entries(object).map(({ manager }) => manager)
  t.equal(managers.length, 10)
  t.ok(managers.includes('ancient-changes'))
})
