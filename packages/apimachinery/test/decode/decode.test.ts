import t from 'tap'
import { DecodeError, decodeFailure, decodeObject } from '../../src/index.ts'
import { registry } from '../testing/schema.ts'

const decode = (value: unknown, schema = 'Deployment') => decodeObject(value, { schema, registry })

const normalized: [string, string, unknown, unknown][] = [
  [
    'fields come in the order of the type, structs are there, the rest is left out when empty',
    'Deployment',
    { status: {}, kind: 'Deployment', metadata: { labels: {}, name: 'x', namespace: '' } },
    { kind: 'Deployment', metadata: { name: 'x' }, spec: { strategy: {} }, status: {} },
  ],
  [
    'a pointer keeps its zero',
    'DeploymentSpec',
    { replicas: 0, template: { hostNetwork: false, containers: null } },
    { replicas: 0, strategy: {}, template: { containers: [] } },
  ],
  ['nulls are absent', 'DeploymentSpec', { replicas: null, strategy: null }, { strategy: {} }],
  ['null elements are zero', 'ObjectMeta', { labels: { a: null } }, { labels: { a: '' } }],
  [
    'quantities are canonical',
    'Resources',
    { limits: { memory: '1024Mi', cpu: 0.5 } },
    { limits: { cpu: '500m', memory: '1Gi' } },
  ],
  [
    'times are UTC seconds',
    'ObjectMeta',
    { creationTimestamp: '2026-01-02T03:04:05.678+01:00' },
    { creationTimestamp: '2026-01-02T02:04:05Z' },
  ],
  [
    'micro times have six digits',
    'Secret',
    { micro: '2026-01-02T03:04:05.5Z' },
    { metadata: {}, micro: '2026-01-02T03:04:05.500000Z' },
  ],
  ['base64 without line breaks', 'Secret', { data: { k: 'YWJj\nZGVm' } }, { metadata: {}, data: { k: 'YWJjZGVm' } }],
  ['free-form parts stay', 'Secret', { raw: { a: null, b: [1] } }, { metadata: {}, raw: { a: null, b: [1] } }],
  ['custom types keep what came', 'WidgetSpec', { size: 'large' }, { size: 'large' }],
]
for (const [name, schema, value, expected] of normalized)
  t.test(name, async (t) => {
    t.equal(JSON.stringify(decode(value, schema).object), JSON.stringify(expected))
  })

const refused: [string, unknown, string][] = [
  ['a list', [], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
  [
    'text for a list',
    { spec: { template: { containers: 'x' } } },
    'json: cannot unmarshal string into Go struct field PodSpec.spec.template.containers of type []v1.Container',
  ],
  [
    'text for a number',
    { spec: { replicas: '3' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a fraction for an integer',
    { spec: { replicas: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a number for text',
    { metadata: { labels: { a: 1 } } },
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [
    'a bad quantity',
    { spec: { template: { containers: [{ resources: { limits: { cpu: 'x' } } }] } } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    'a bad time',
    { metadata: { creationTimestamp: 'today' } },
    'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
  ],
]
for (const [time, message] of [
  ['2026-02-30T00:00:00Z', 'day out of range'],
  ['2026-13-01T00:00:00Z', 'month out of range'],
  ['2026-01-01T24:00:00Z', 'hour out of range'],
  ['2026-01-01', 'cannot parse "" as "T"'],
  ['2026-01-01T10:00:00', 'cannot parse "" as "Z07:00"'],
] as const)
  t.test(`refused: the time ${time}`, async (t) => {
    t.throws(() => decode({ metadata: { creationTimestamp: time } }), { message: new RegExp(`${message}$`) })
  })
t.test('a leap day', async (t) => {
  t.doesNotThrow(() => decode({ metadata: { creationTimestamp: '2028-02-29T23:59:59Z' } }))
})

for (const [name, value, message] of refused)
  t.test(`refused: ${name}`, async (t) => {
    t.throws(() => decode(value), { message, code: 'DECODE' })
  })

t.test('bad base64 is refused at its byte', async (t) => {
  t.throws(() => decode({ data: { k: 'ab$d' } }, 'Secret'), { message: 'illegal base64 data at input byte 2' })
  t.throws(() => decode({ data: { k: 'abcde' } }, 'Secret'), { message: 'illegal base64 data at input byte 4' })
})

t.test('unknown and repeated fields', async (t) => {
  const text = Buffer.from(
    '{"kind":"Deployment","spec":{"foo":1,"replicas":1,"replicas":2,"template":{"containers":[{"name":"a"},{"name":"b","name":"c","bar":"\\"name\\":"}]}}}',
  )
  const value: unknown = JSON.parse(text.toString())
  const expected = [
    'unknown field "spec.foo"',
    'duplicate field "spec.replicas"',
    'duplicate field "spec.template.containers[1].name"',
    'unknown field "spec.template.containers[1].bar"',
  ]
  const options = { schema: 'Deployment', registry, text }
  t.same(decodeObject(value, { ...options, fieldValidation: 'Warn' }).warnings, expected)
  t.same(decodeObject(value, { ...options, fieldValidation: 'Ignore' }).warnings, [])
  t.throws(() => decodeObject(value, { ...options, fieldValidation: 'Strict' }), {
    message: `strict decoding error: ${expected.join(', ')}`,
  })
})

t.test('a key named __proto__ is only a key', async (t) => {
  const { object } = decode(JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'))
  t.match(JSON.stringify(object), '"labels":{"__proto__":"x"}')
})

t.test('the answer to what cannot be decoded', async (t) => {
  const error = new DecodeError('json: bad')
  t.equal(
    decodeFailure(error, { kind: 'Pod', found: { kind: 'Pod', version: 'v1' } }).message,
    'Pod in version "v1" cannot be handled as a Pod: json: bad',
  )
  t.equal(
    decodeFailure(error, { kind: 'Pod', body: Buffer.from('{"a":1}') }).message,
    'the object provided is unrecognized (must be of type Pod): json: bad ({"a":1})',
  )
  t.equal(decodeFailure(error, { kind: 'Pod', body: Buffer.from('a: 1') }).message.slice(-11), ' (613a2031)')
})
