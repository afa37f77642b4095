import type { FieldSchema, SchemaRegistry, TypeRef, TypeSchema } from '../../src/index.ts'

type Extras = Partial<Omit<FieldSchema, 'name' | 'type'>>
export const ref = (name: string): TypeRef => ({ kind: 'ref', name })
export const list = (of: TypeRef): TypeRef => ({ kind: 'list', of })
export const map = (of: TypeRef): TypeRef => ({ kind: 'map', of })
export const string: TypeRef = { kind: 'string' }
export const int32: TypeRef = { kind: 'int32' }
export const boolean: TypeRef = { kind: 'boolean' }

type Fields = Record<string, [TypeRef, Extras?]>

const type = (name: string, fields: Fields, extras: Partial<TypeSchema> = {}): TypeSchema => ({
  name,
  fields: new Map(
    Object.entries(fields).map(([key, [kind, more]]) => [
      key,
      { name: key, type: kind, required: false, omitEmpty: true, ...more },
    ]),
  ),
  ...extras,
})

const merge = { patchStrategy: ['merge'] } as const

/** A few types in the shape of upstream's, enough to show every rule. */
const types: TypeSchema[] = [
  type('Deployment', {
    kind: [string],
    apiVersion: [string],
    metadata: [ref('ObjectMeta'), { number: 1 }],
    spec: [ref('DeploymentSpec'), { number: 2 }],
    status: [ref('DeploymentStatus'), { number: 3 }],
  }),
  type('ObjectMeta', {
    name: [string, { number: 1 }],
    namespace: [string, { number: 3 }],
    uid: [string, { number: 5 }],
    resourceVersion: [string, { number: 6 }],
    generation: [{ kind: 'int64' }, { number: 7 }],
    creationTimestamp: [{ kind: 'time' }, { number: 8 }],
    labels: [map(string), { number: 11 }],
    annotations: [map(string), { number: 12 }],
    finalizers: [list(string), { number: 14, listType: 'set', ...merge }],
    managedFields: [list({ kind: 'any' }), { listType: 'atomic' }],
  }),
  type('DeploymentSpec', {
    replicas: [int32, { number: 1, pointer: true }],
    selector: [ref('LabelSelector'), { number: 2, required: true, pointer: true, omitEmpty: undefined as never }],
    strategy: [ref('Strategy'), { number: 4, patchStrategy: ['retainKeys'] }],
    template: [ref('PodSpec'), { number: 3, pointer: true }],
  }),
  type('DeploymentStatus', { replicas: [int32, { number: 1 }], ready: [int32, { number: 2 }] }),
  type('Strategy', {
    type: [string, { number: 1 }],
    rollingUpdate: [ref('RollingUpdate'), { number: 2, pointer: true }],
  }),
  type('RollingUpdate', { maxSurge: [{ kind: 'intOrString' }, { number: 1, pointer: true }] }),
  type('LabelSelector', { matchLabels: [map(string), { number: 1 }] }, { structType: 'atomic' }),
  type('PodSpec', {
    nodeName: [string, { number: 10 }],
    hostNetwork: [boolean, { number: 11 }],
    containers: [
      list(ref('Container')),
      {
        number: 2,
        required: true,
        omitEmpty: undefined as never,
        patchMergeKey: 'name',
        ...merge,
        listType: 'map',
        listMapKeys: ['name'],
      },
    ],
    tolerations: [list(ref('Toleration')), { number: 22, listType: 'atomic' }],
    nodeSelector: [map(string), { number: 7, mapType: 'atomic' }],
    since: [{ kind: 'microTime' }, { pointer: true }],
    volumes: [
      list(ref('Volume')),
      {
        number: 1,
        patchMergeKey: 'name',
        patchStrategy: ['merge', 'retainKeys'],
        listType: 'map',
        listMapKeys: ['name'],
      },
    ],
  }),
  type('Volume', {
    name: [string, { number: 1, required: true, omitEmpty: undefined as never }],
    emptyDir: [ref('EmptyDir'), { pointer: true, number: 2, within: [2] }],
    hostPath: [ref('HostPath'), { pointer: true, number: 1, within: [2] }],
  }),
  type('EmptyDir', { medium: [string, { number: 1 }] }),
  type('HostPath', { path: [string, { number: 1, required: true, omitEmpty: undefined as never }] }),
  type('Toleration', { key: [string, { number: 1 }], seconds: [{ kind: 'int64' }, { number: 5, pointer: true }] }),
  type('Container', {
    name: [string, { number: 1, required: true, omitEmpty: undefined as never }],
    image: [string, { number: 2 }],
    args: [list(string), { number: 4, listType: 'atomic' }],
    env: [list(ref('EnvVar')), { number: 7, patchMergeKey: 'name', ...merge, listType: 'map', listMapKeys: ['name'] }],
    ports: [
      list(ref('Port')),
      { number: 6, patchMergeKey: 'port', ...merge, listType: 'map', listMapKeys: ['port', 'protocol'] },
    ],
    resources: [ref('Resources'), { number: 8 }],
    tty: [boolean, { number: 18 }],
  }),
  type('EnvVar', {
    name: [string, { number: 1, required: true, omitEmpty: undefined as never }],
    value: [string, { number: 2 }],
  }),
  type('Port', {
    port: [int32, { number: 3, required: true, omitEmpty: undefined as never }],
    protocol: [string, { number: 4, default: 'TCP' }],
    name: [string, { number: 1 }],
  }),
  type('Resources', { limits: [map({ kind: 'quantity' }), { number: 1 }] }),
  type('Secret', {
    metadata: [ref('ObjectMeta'), { number: 1 }],
    data: [map({ kind: 'bytes' }), { number: 2 }],
    raw: [{ kind: 'rawExtension' }, { number: 3 }],
    target: [{ kind: 'intOrString' }, { number: 4, pointer: true }],
    extra: [map(list(string)), { number: 5 }],
    ratio: [{ kind: 'double' }, { number: 6, pointer: true }],
    micro: [{ kind: 'microTime' }, { number: 7, pointer: true }],
    amount: [{ kind: 'quantity' }, { number: 8, pointer: true }],
    blob: [{ kind: 'bytes' }, { number: 9 }],
    big: [{ kind: 'int64' }, { number: 10, pointer: true }],
  }),
  type(
    'Widget',
    {
      kind: [string],
      metadata: [ref('ObjectMeta')],
      spec: [ref('WidgetSpec')],
    },
    { custom: true },
  ),
  type('WidgetSpec', { size: [int32] }, { custom: true }),
]

const byName = new Map(types.map((schema) => [schema.name, schema]))
export const registry: SchemaRegistry = {
  type(name) {
    const schema = byName.get(name)
    if (!schema) throw new Error(`no type ${name}`)
    return schema
  },
}
