import t from 'tap'
import { configMaps } from '../../../src/core/v1/configmap.ts'
import { secrets } from '../../../src/core/v1/secret.ts'
import { serviceAccounts } from '../../../src/core/v1/serviceaccount.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const configMapRows = [
  { name: 'empty', object: {}, expected: [] },
  {
    name: 'a key with a slash',
    object: { data: { 'a/b': '' } },
    expected: [
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  },
  {
    name: 'a key in both',
    object: { data: { a: 'x' }, binaryData: { a: 'eA==' } },
    expected: ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  },
  { name: 'just small enough', object: { data: { a: 'x'.repeat(2 ** 20) } }, expected: [] },
  {
    name: 'too large',
    object: { data: { a: 'x'.repeat(2 ** 20) }, binaryData: { b: 'eA==' } },
    expected: ['[]: Too long: may not be more than 1048576 bytes'],
  },
]

for (const { name, object, expected } of configMapRows)
  t.test(`config map: ${name}`, async (t) => {
    t.strictSame(faults(configMaps, object), expected)
  })

const frozen = { immutable: true, data: { a: '1' } }
const immutableRows = [
  { name: 'nothing', to: frozen, expected: [] },
  {
    name: 'a value',
    to: { ...frozen, data: { a: '2' } },
    expected: ['data: Forbidden: field is immutable when `immutable` is set'],
  },
  {
    name: 'the mark itself',
    to: { data: { a: '1' } },
    expected: ['immutable: Forbidden: field is immutable when `immutable` is set'],
  },
]

for (const { name, to, expected } of immutableRows)
  t.test(`immutable: ${name}`, async (t) => {
    t.strictSame(updateFaults(configMaps, { from: frozen, to }), expected)
    t.strictSame(updateFaults(secrets, { from: frozen, to }), expected)
  })

t.test('texts of a secret become data', async (t) => {
  const secret = created(secrets, { data: { a: base64('old'), b: base64('kept') }, stringData: { a: 'new' } })
  t.strictSame(secret.data, { a: base64('new'), b: base64('kept') })
  t.equal(secret.stringData, undefined)
  t.equal(secret.type, 'Opaque')
})

const secretRows = [
  { name: 'anything', object: { type: 'example.com/mine', data: { a: base64('x') } }, expected: [] },
  {
    name: 'TLS of nothing',
    object: { type: 'kubernetes.io/tls' },
    expected: ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  },
  {
    name: 'Docker configuration of nothing',
    object: { type: 'kubernetes.io/dockerconfigjson' },
    expected: ['data[.dockerconfigjson]: Required value'],
  },
  {
    name: 'Docker configuration that is no JSON',
    object: { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('x') } },
    expected: [
      `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`,
    ],
  },
  {
    name: 'a user without a password',
    object: { type: 'kubernetes.io/basic-auth', data: { username: base64('me') } },
    expected: [],
  },
  {
    name: 'neither user nor password',
    object: { type: 'kubernetes.io/basic-auth' },
    expected: ['data[username]: Required value', 'data[password]: Required value'],
  },
  {
    name: 'SSH without a key',
    object: { type: 'kubernetes.io/ssh-auth' },
    expected: ['data[ssh-privatekey]: Required value'],
  },
  {
    name: 'a token of nobody',
    object: { type: 'kubernetes.io/service-account-token' },
    expected: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
]

for (const { name, object, expected } of secretRows)
  t.test(`secret: ${name}`, async (t) => {
    t.strictSame(faults(secrets, object), expected)
  })

t.test('a secret keeps its type', async (t) => {
  t.strictSame(updateFaults(secrets, { from: { type: 'a/b' }, to: { type: 'a/c' } }), [
    'type: Invalid value: "a/c": field is immutable',
  ])
})

t.test('a certificate that is none is warned of', async (t) => {
  const secret = created(secrets, {
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64('x'), 'tls.key': base64('y') },
  })
  t.strictSame(secrets.warnings?.(secret), ['tls: failed to find any PEM data in certificate input'])
})

t.test('columns', async (t) => {
  t.match(row(configMaps, created(configMaps, { data: { a: '', b: '' }, binaryData: { c: '' } }), noon), {
    Name: 'web',
    Data: 3,
    Age: '10m',
  })
  t.match(row(secrets, created(secrets, { data: { a: '' } }), noon), { Type: 'Opaque', Data: 1 })
})

t.test('a service account knows its secrets by name alone', async (t) => {
  const account = created(serviceAccounts, { secrets: [{ name: 'a', namespace: 'other', kind: 'Secret' }] })
  t.strictSame(account.secrets, [{ name: 'a' }])
  const annotated = { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } }
  const mounting = created(serviceAccounts, annotated)
  t.equal(serviceAccounts.warnings?.(mounting).length, 1)
  t.strictSame(serviceAccounts.warnings?.(mounting, mounting), [], 'once is enough')
})
