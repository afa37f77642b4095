import t from 'tap'
import { builtInSchema } from '../../src/schema/schema.ts'

const core = 'io.k8s.api.core.v1'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

const rows = [
  {
    name: 'a list merged by two keys',
    type: `${core}.Container`,
    field: 'ports',
    expected: {
      name: 'ports',
      type: { kind: 'list', of: { kind: 'ref', name: `${core}.ContainerPort` } },
      required: false,
      number: 6,
      omitEmpty: true,
      patchMergeKey: 'containerPort',
      patchStrategy: ['merge'],
      listType: 'map',
      listMapKeys: ['containerPort', 'protocol'],
    },
  },
  {
    name: 'a default and an enumeration',
    type: `${core}.ContainerPort`,
    field: 'protocol',
    expected: {
      name: 'protocol',
      type: { kind: 'string' },
      required: false,
      number: 4,
      omitEmpty: true,
      default: 'TCP',
      enum: ['SCTP', 'TCP', 'UDP'],
    },
  },
  {
    name: 'a field of an inlined struct knows the message that carries it',
    type: `${core}.Probe`,
    field: 'exec',
    expected: {
      name: 'exec',
      type: { kind: 'ref', name: `${core}.ExecAction` },
      required: false,
      number: 1,
      within: [1],
      pointer: true,
      omitEmpty: true,
    },
  },
  {
    name: 'a set',
    type: `${meta}.ObjectMeta`,
    field: 'finalizers',
    expected: {
      name: 'finalizers',
      type: { kind: 'list', of: { kind: 'string' } },
      required: false,
      number: 14,
      omitEmpty: true,
      patchStrategy: ['merge'],
      listType: 'set',
    },
  },
  {
    name: 'a map of quantities under its Go name',
    type: `${core}.ResourceRequirements`,
    field: 'limits',
    expected: {
      name: 'limits',
      type: { kind: 'map', of: { kind: 'quantity' } },
      required: false,
      number: 1,
      omitEmpty: true,
    },
  },
  {
    name: 'two patch strategies',
    type: `${core}.PodSpec`,
    field: 'volumes',
    expected: {
      name: 'volumes',
      type: { kind: 'list', of: { kind: 'ref', name: `${core}.Volume` } },
      required: false,
      number: 1,
      omitEmpty: true,
      patchMergeKey: 'name',
      patchStrategy: ['merge', 'retainKeys'],
      listType: 'map',
      listMapKeys: ['name'],
    },
  },
]

for (const { name, type, field, expected } of rows)
  t.test(name, async (t) => t.strictSame(builtInSchema.type(type).fields.get(field), expected))

t.test('every name that a field refers to is a type', async (t) => {
  const names = builtInSchema.names()
  t.ok(names.length > 800)
  for (const name of names)
    for (const field of builtInSchema.type(name).fields.values()) {
      let type = field.type
      while (type.kind === 'list' || type.kind === 'map') type = type.of
      if (type.kind === 'ref' && !builtInSchema.has(type.name)) t.fail(`${name}.${field.name} refers to ${type.name}`)
    }
})

t.test('a whole type that is owned at once', async (t) => {
  t.equal(builtInSchema.type(`${meta}.LabelSelector`).structType, 'atomic')
  t.equal(builtInSchema.type(`${core}.PodSpec`).structType, undefined)
})

t.test('an unknown name is an error of the program', async (t) => {
  t.throws(() => builtInSchema.type('io.k8s.api.core.v1.Nonesuch'), /no type io.k8s.api.core.v1.Nonesuch/)
})
