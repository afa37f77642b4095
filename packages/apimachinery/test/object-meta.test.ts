import t from 'tap'
import {
  equalJson,
  type ObjectMeta,
  semanticallyEqual,
  validateDeleteOptions,
  validateObjectMeta,
  validateObjectMetaUpdate,
  validatePatchOptions,
  validateWriteOptions,
} from '../src/index.ts'

const text = (faults: { field: string; message: string }[]) =>
  faults.map(({ field, message }) => `${field}: ${message}`)
const good: Partial<ObjectMeta> = { name: 'x', namespace: 'default' }
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }

const created: Record<string, [Partial<ObjectMeta>, (string | RegExp)[]]> = {
  'all is well': [{ ...good, labels: { a: 'b' }, annotations: { 'Example.com/A': 'any' }, finalizers: ['a/b'] }, []],
  'no name': [{ namespace: 'default' }, ['metadata.name: Required value: name or generateName is required']],
  'a bad name': [{ ...good, name: 'X' }, [/^metadata\.name: Invalid value: "X": a lowercase RFC 1123 subdomain/]],
  'a bad prefix': [{ ...good, generateName: 'WEB-' }, [/^metadata\.generateName: Invalid value: "WEB-"/]],
  'no namespace': [{ name: 'x' }, ['metadata.namespace: Required value']],
  'a label key': [
    { ...good, labels: { 'a b': 'c' } },
    [/^metadata\.labels: Invalid value: "a b": name part must consist/],
  ],
  'a label value': [
    { ...good, labels: { a: 'b c' } },
    [/^metadata\.labels: Invalid value: "b c": a valid label must be/],
  ],
  'large annotations': [
    { ...good, annotations: { a: 'x'.repeat(256 * 1024) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  'an owner without a name': [
    { ...good, ownerReferences: [{ ...owner, name: '' }] },
    ['metadata.ownerReferences.name: Invalid value: "": must not be empty'],
  ],
  'two controllers': [
    {
      ...good,
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, name: 'q', controller: true },
      ],
    },
    [/Only one reference can have Controller set to true\. Found "true" in references for Pod\/p and Pod\/q$/],
  ],
  'an Event as owner': [
    { ...good, ownerReferences: [{ ...owner, kind: 'Event' }] },
    [/is disallowed from being an owner$/],
  ],
  'two finalizers that exclude each other': [
    { ...good, finalizers: ['orphan', 'foregroundDeletion'] },
    [/finalizer orphan and foregroundDeletion cannot be both set$/],
  ],
}
for (const [name, [meta, expected]] of Object.entries(created))
  t.test(`created: ${name}`, async (t) => {
    const faults = text(validateObjectMeta(meta, { namespaced: true }))
    t.match(faults, expected)
    t.equal(faults.length, expected.length)
  })

t.test('a cluster-scoped object has no namespace', async (t) => {
  t.same(text(validateObjectMeta(good, { namespaced: false })), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ])
})

const old: Partial<ObjectMeta> = { ...good, uid: 'u', resourceVersion: '1', creationTimestamp: 't', generation: 2 }
const updated: Record<string, [Partial<ObjectMeta>, Partial<ObjectMeta>, string[]]> = {
  'nothing changes': [old, old, []],
  'the name': [{ ...old, name: 'y' }, old, ['metadata.name: Invalid value: "y": field is immutable']],
  'the uid': [{ ...old, uid: 'v' }, old, ['metadata.uid: Invalid value: "v": field is immutable']],
  'no resourceVersion': [
    { ...old, resourceVersion: '' },
    old,
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  'a lower generation': [
    { ...old, generation: 1 },
    old,
    ['metadata.generation: Invalid value: 1: must not be decremented'],
  ],
  'new finalizers on an object that is going': [
    { ...old, deletionTimestamp: 'd', finalizers: ['a/b', 'c/d'] },
    { ...old, deletionTimestamp: 'd', finalizers: ['c/d'] },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ],
  ],
}
for (const [name, [meta, previous, expected]] of Object.entries(updated))
  t.test(`updated: ${name}`, async (t) => {
    t.same(text(validateObjectMetaUpdate(meta, previous)), expected)
  })

t.test('options', async (t) => {
  t.same(validateWriteOptions({ fieldManager: 'me', dryRun: ['All'], fieldValidation: 'Strict' }), [])
  t.same(text(validateWriteOptions({ dryRun: ['Some'] })), [
    'dryRun: Unsupported value: ["Some"]: supported values: "All"',
  ])
  t.same(text(validateWriteOptions({ fieldManager: 'a\nb' })), [
    'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
  ])
  t.same(text(validateWriteOptions({ fieldManager: 'x'.repeat(129) })), [
    'fieldManager: Too long: may not be more than 128 bytes',
  ])
  t.same(text(validatePatchOptions({ apply: true })), ['fieldManager: Required value: is required for apply patch'])
  t.same(text(validatePatchOptions({ apply: false, force: true })), [
    'force: Forbidden: may not be specified for non-apply patch',
  ])
  t.same(text(validateDeleteOptions({ propagationPolicy: 'Never' })), [
    'propagationPolicy: Unsupported value: "Never": supported values: "Foreground", "Background", "Orphan", "nil"',
  ])
  t.equal(validateDeleteOptions({ propagationPolicy: 'Orphan', orphanDependents: true }).length, 1)
})

t.test('equality', async (t) => {
  t.ok(equalJson({ a: [1, { b: 2 }], c: undefined }, { a: [1, { b: 2 }] }))
  t.notOk(equalJson({ a: [] }, { a: {} }))
  t.notOk(equalJson({}, { a: null }))
  t.ok(semanticallyEqual({ a: [], b: { c: null } }, { b: {} }), 'empty and absent mean the same')
  t.notOk(semanticallyEqual({ a: 0 }, {}))
})
