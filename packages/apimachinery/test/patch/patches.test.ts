import t from 'tap'
import { applyJsonPatch, applyMergePatch, applyStrategicPatch } from '../../src/index.ts'
import { strategicPatchFailure } from '../../src/patch/patch-failure.ts'
import { registry } from '../testing/schema.ts'

type Json = Record<string, unknown>

const json: [string, Json, unknown[], unknown][] = [
  ['add', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['replace', { a: 1 }, [{ op: 'replace', path: '/a', value: 2 }], { a: 2 }],
  ['remove', { a: 1, b: 1 }, [{ op: 'remove', path: '/a' }], { b: 1 }],
  ['append', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  ['escapes', { 'x/y': { 'a~b': 1 } }, [{ op: 'replace', path: '/x~1y/a~0b', value: 2 }], { 'x/y': { 'a~b': 2 } }],
  [
    'move and copy',
    { a: { b: 1 } },
    [
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'move', from: '/a/b', path: '/d' },
    ],
    { a: {}, c: { b: 1 }, d: 1 },
  ],
  ['an index from the end', { a: [1, 2, 3] }, [{ op: 'replace', path: '/a/-1', value: 4 }], { a: [1, 2, 4] }],
  ['an addition before the end', { a: [1, 2] }, [{ op: 'add', path: '/a/-2', value: 3 }], { a: [1, 3, 2] }],
  ['an addition at the end', { a: [1] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2] }],
  ['a replacement of what is not there', { a: 1 }, [{ op: 'replace', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['a replacement of all', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  ['a copy of what is not there', { a: 1 }, [{ op: 'copy', from: '/x', path: '/b' }], { a: 1, b: null }],
  ['an addition of nothing', { a: 1 }, [{ op: 'add', path: '/b' }], { a: 1, b: null }],
  ['a test for nothing', { a: 1 }, [{ op: 'test', path: '/x', value: null }], { a: 1 }],
  ['an empty key', { a: 1 }, [{ op: 'add', path: '/', value: 2 }], { a: 1, '': 2 }],
  [
    'a key that is called as the prototype is',
    { a: {} },
    [{ op: 'add', path: '/a/__proto__', value: { b: 1 } }],
    JSON.parse('{"a":{"__proto__":{"b":1}}}'),
  ],
  [
    'a test that holds',
    { a: 1 },
    [
      { op: 'test', path: '/a', value: 1 },
      { op: 'remove', path: '/a' },
    ],
    {},
  ],
]
for (const [name, object, patch, expected] of json)
  t.test(`json: ${name}`, async (t) => {
    const before = structuredClone(object)
    t.same(applyJsonPatch(object, patch), expected)
    t.same(object, before, 'the object is not changed')
  })

const rejected = 'the server rejected our request due to an error in our request'
const refused: [string, unknown, number, string | RegExp][] = [
  ['a failing test', [{ op: 'test', path: '/a', value: 2 }], 422, rejected],
  ['a missing parent', [{ op: 'add', path: '/x/y', value: 2 }], 422, rejected],
  ['a missing target', [{ op: 'remove', path: '/x' }], 422, rejected],
  ['an unknown operation', [{ op: 'increase', path: '/a' }], 422, rejected],
  ['an index past the end', [{ op: 'add', path: '/l/2', value: 2 }], 422, rejected],
  ['an index that is none', [{ op: 'add', path: '/l/x', value: 2 }], 422, rejected],
  ['the end of a list, but to add', [{ op: 'replace', path: '/l/-', value: 2 }], 422, rejected],
  ['a move of what is not there', [{ op: 'move', from: '/x', path: '/b' }], 422, rejected],
  ['a move into itself', [{ op: 'move', from: '/l', path: '/l/0' }], 422, rejected],
  ['a scalar for all', [{ op: 'replace', path: '', value: 1 }], 422, rejected],
  ['an addition of all', [{ op: 'add', path: '', value: {} }], 422, rejected],
  ['no path', [{ op: 'remove' }], 422, rejected],
  ['an operation that is none', [1], 400, /cannot unmarshal number into Go value/],
  ['a way to the prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 422, rejected],
  ['a way to the constructor', [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }], 422, rejected],
  ['an object', { op: 'add' }, 400, /^error decoding patch: json: cannot unmarshal object/],
  [
    'too many operations',
    new Array(10_001).fill({ op: 'test', path: '/a', value: 1 }),
    413,
    /maximum operations in a JSON patch is 10000, got 10001/,
  ],
]
for (const [name, patch, code, message] of refused)
  t.test(`json refused: ${name}`, async (t) => {
    t.throws(() => applyJsonPatch({ a: 1, l: [1] }, patch), { code, message })
    t.notOk('polluted' in {})
  })

const merge: [string, Json, unknown, unknown][] = [
  ['replaces and adds', { a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }],
  ['null removes', { a: 1, b: { c: 1, d: 2 } }, { a: null, b: { c: null } }, { b: { d: 2 } }],
  ['nulls in what is new are dropped', {}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ['lists are replaced', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['an object takes the place of a value', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
]
for (const [name, object, patch, expected] of merge)
  t.test(`merge: ${name}`, async (t) => {
    const before = structuredClone(object)
    t.same(applyMergePatch(object, patch), expected)
    t.same(object, before)
  })
t.test('merge patches that are no objects are refused, and __proto__ is a key', async (t) => {
  t.throws(() => applyMergePatch({}, []), { code: 400 })
  applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'))
  t.notOk('polluted' in {})
})

const c = (name: string, rest: Json = {}) => ({ name, ...rest })
const strategic: [string, Json, Json, unknown][] = [
  ['structs merge', { nodeName: 'a', hostNetwork: true }, { nodeName: 'b' }, { nodeName: 'b', hostNetwork: true }],
  ['null removes', { nodeName: 'a' }, { nodeName: null, hostNetwork: null }, {}],
  [
    'lists merge by key',
    { containers: [c('a', { image: '1', env: [{ name: 'X', value: '1' }] }), c('b')] },
    { containers: [c('a', { image: '2', env: [{ name: 'Y', value: '2' }] })] },
    {
      containers: [
        c('a', {
          image: '2',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        }),
        c('b'),
      ],
    },
  ],
  ['new elements are appended', { containers: [c('a')] }, { containers: [c('z')] }, { containers: [c('z'), c('a')] }],
  [
    'an element is deleted',
    { containers: [c('a'), c('b')] },
    { containers: [{ name: 'a', $patch: 'delete' }] },
    { containers: [c('b')] },
  ],
  [
    'a list is replaced',
    { containers: [c('a'), c('b')] },
    { containers: [{ $patch: 'replace' }, c('z')] },
    { containers: [c('z')] },
  ],
  [
    'atomic lists are replaced',
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
  [
    'a map is replaced',
    { nodeSelector: { a: '1' } },
    { nodeSelector: { $patch: 'replace', b: '2' } },
    { nodeSelector: { b: '2' } },
  ],
  ['a map is emptied', { nodeSelector: { a: '1' } }, { nodeSelector: { $patch: 'delete' } }, { nodeSelector: {} }],
  [
    'element order',
    { containers: [c('a'), c('b'), c('server')] },
    { '$setElementOrder/containers': [c('b'), c('a'), c('z')], containers: [c('z')] },
    { containers: [c('b'), c('a'), c('z'), c('server')] },
  ],
  [
    'element order without a change of the list',
    { containers: [c('a'), c('b')] },
    { '$setElementOrder/containers': [c('b'), c('a')] },
    { containers: [c('b'), c('a')] },
  ],
  [
    'retained keys',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
    { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
  ],
  [
    'directives in what is new go',
    {},
    { containers: [c('a', { $retainKeys: ['name'] }), { name: 'b', $patch: 'delete' }] },
    { containers: [c('a')] },
  ],
]
for (const [name, object, patch, expected] of strategic)
  t.test(`strategic: ${name}`, async (t) => {
    const before = structuredClone(object)
    t.same(applyStrategicPatch(object, patch, { schema: 'PodSpec', registry }), expected)
    t.same(object, before)
  })

t.test('strategic: sets of scalars', async (t) => {
  const options = { schema: 'ObjectMeta', registry }
  t.same(applyStrategicPatch({ finalizers: ['a', 'b'] }, { finalizers: ['c', 'a'] }, options), {
    finalizers: ['c', 'a', 'b'],
  })
  t.same(applyStrategicPatch({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }, options), {
    finalizers: ['b'],
  })
})

const bad: [string, Json, number, string | RegExp][] = [
  ['an element without its key', { containers: [{ image: 'x' }] }, 400, /does not contain declared merge key: name$/],
  [
    'retained keys that miss one',
    { volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: {} }] },
    400,
    'invalid patch format of retainKeys',
  ],
  ['an unknown directive', { containers: [{ name: 'a', $patch: 'guess' }] }, 400, /unknown patch type: guess in map/],
  [
    'an order that is no list',
    { '$setElementOrder/containers': 'x' },
    400,
    'invalid patch format of setElementOrder list',
  ],
  [
    'an order that lacks an element',
    { '$setElementOrder/containers': [c('a')], containers: [c('z')] },
    400,
    /doesn't match \$setElementOrder list/,
  ],
]
for (const [name, patch, code, message] of bad)
  t.test(`strategic refused: ${name}`, async (t) => {
    const object = { containers: [c('a')], volumes: [{ name: 'v' }] }
    t.throws(() => applyStrategicPatch(object, patch, { schema: 'PodSpec', registry }), { code, message })
  })

t.test('strategic: a patch that makes no object of its kind', async (t) => {
  const error = strategicPatchFailure(
    { spec: { b: [1, 'x'], a: null } },
    new Error('strict decoding error: unknown field "spec.b"'),
  )
  t.equal(error.code, 422)
  t.equal(
    error.message,
    ' "" is invalid: patch: Invalid value: "map[spec:map[a:<nil> b:[1 x]]]": strict decoding error: unknown field "spec.b"',
  )
})
