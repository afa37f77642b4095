import { decodeMessage } from '@tandem/apimachinery/wire/protobuf/decode'
import { encodeMessage } from '@tandem/apimachinery/wire/protobuf/encode'
import { openEnvelope, sealEnvelope } from '@tandem/apimachinery/wire/protobuf/envelope'
import t from 'tap'
import { builtInSchema } from '../../src/schema/schema.ts'

const core = 'io.k8s.api.core.v1'
const decode = (hex: string, type: string) =>
  decodeMessage(Buffer.from(hex.replaceAll(' ', ''), 'hex'), type, builtInSchema)
const encode = (object: object, type: string) =>
  encodeMessage(object as Record<string, unknown>, type, builtInSchema).toString('hex')

const rows = [
  {
    name: 'a port, whose values of nothing are left out',
    type: `${core}.ContainerPort`,
    object: { containerPort: 80, protocol: 'TCP' },
    hex: '0a00 1000 1850 2203544350 2a00',
  },
  {
    name: 'a handler, inlined in JSON and a message of its own here',
    type: `${core}.Probe`,
    object: { tcpSocket: { port: 'http' }, periodSeconds: 10 },
    hex: '0a101a0e 0a0a 0801 1000 1a0468747470 1200 1000 1800 200a 2800 3000',
  },
  {
    name: 'a number below zero',
    type: 'io.k8s.api.scheduling.v1.PriorityClass',
    object: { metadata: {}, value: -1 },
    hex: `0a10 0a0012001a0022002a00320038004200 10ffffffffffffffffff01 1800 2200`,
  },
  {
    name: 'quantities and maps, in order of their keys',
    type: `${core}.ResourceRequirements`,
    object: { limits: { cpu: '500m', memory: '1Gi' } },
    hex: '0a0d 0a03637075 1206 0a043530306d 0a0f 0a066d656d6f7279 1205 0a03314769',
  },
]

const schema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
t.test('what may be a schema, a list of them, or a boolean', async (t) => {
  for (const object of [
    { type: 'array', items: { type: 'string' } },
    { items: [{ type: 'string' }, { type: 'integer' }] },
    { additionalProperties: { type: 'string', maxLength: 3 } },
    { additionalProperties: true },
    { additionalProperties: false, default: { a: [1] }, enum: ['x', 1] },
  ])
    t.strictSame(decodeMessage(encodeMessage(object, schema, builtInSchema), schema, builtInSchema), object)
})

for (const { name, type, object, hex } of rows)
  t.test(name, async (t) => {
    t.strictSame(decode(hex, type), object)
    t.equal(encode(object, type), hex.replaceAll(' ', ''))
  })

const deployment = {
  metadata: {
    name: 'web',
    creationTimestamp: '2026-01-02T03:04:05Z',
    labels: { app: 'web' },
    managedFields: [{ manager: 'kubectl', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } }],
  },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: {},
      spec: { containers: [{ name: 'web', image: 'nginx', resources: {} }], restartPolicy: 'Always' },
    },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
  },
  status: {},
}

t.test('a deployment there and back', async (t) => {
  const type = 'io.k8s.api.apps.v1.Deployment'
  const raw = encodeMessage(deployment, type, builtInSchema)
  const sealed = sealEnvelope({ apiVersion: 'apps/v1', kind: 'Deployment', raw })
  t.equal(sealed.subarray(0, 4).toString(), 'k8s\0')
  const opened = openEnvelope(sealed)
  t.match(opened, { apiVersion: 'apps/v1', kind: 'Deployment' })
  t.strictSame(decodeMessage(opened.raw, type, builtInSchema), deployment)
})

t.test('bytes that are none of it', async (t) => {
  t.throws(() => openEnvelope(Buffer.from('{}')), /does not appear to be a protobuf message/)
  t.throws(() => decode('0a05', `${core}.ContainerPort`), /unexpected EOF/)
  t.throws(() => decode('0801', `${core}.ContainerPort`), /wrong wireType/)
})

t.test('fields of a newer version are dropped', async (t) => {
  t.strictSame(decode('1850 f83f01', `${core}.ContainerPort`), { containerPort: 80 })
})
