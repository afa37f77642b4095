import t from 'tap'
import { askingServer, checkRows, configMap, maps, named, type Row } from './asking.ts'

const { ask } = await askingServer(t)

const conflictOn = (name: string, why: string) => ({
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on configmaps "${name}": ${why}`,
})

t.test('names and what they are made of', async (t) => {
  const generated = await ask('POST', maps, named({ generateName: 'made-' }))
  t.match(generated.body.metadata, { name: /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/, generateName: 'made-' })
  const long = await ask('POST', maps, named({ generateName: 'a'.repeat(70) }))
  t.equal(long.body.metadata.name.length, 63, 'a long prefix is cut')
  const rows: Row[] = [
    {
      what: 'both names: generateName is kept and not used',
      ask: ['POST', maps, named({ name: 'both', generateName: 'x-' })],
      code: 201,
      body: { metadata: { name: 'both', generateName: 'x-' } },
    },
    {
      what: 'no name at all',
      ask: ['POST', maps, named({})],
      code: 422,
      body: {
        reason: 'Invalid',
        message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
        details: { kind: 'ConfigMap', causes: [{ reason: 'FieldValueRequired', field: 'metadata.name' }] },
      },
    },
    {
      what: 'a prefix that cannot begin a name',
      ask: ['POST', maps, named({ generateName: 'Bad_' })],
      code: 422,
      body: { message: /metadata.generateName: Invalid value: "Bad_"/ },
    },
    {
      what: 'a name that is taken',
      ask: ['POST', maps, configMap('both')],
      code: 409,
      body: {
        reason: 'AlreadyExists',
        message: 'configmaps "both" already exists',
        details: { name: 'both', kind: 'configmaps' },
      },
    },
    {
      what: 'a version on create',
      ask: ['POST', maps, named({ name: 'v', resourceVersion: '1' })],
      code: 500,
      body: { message: 'resourceVersion should not be set on objects to be created' },
    },
    {
      what: 'what the server owns is not taken from the client',
      ask: [
        'POST',
        maps,
        named({
          name: 'owned',
          uid: 'u',
          creationTimestamp: '2000-01-01T00:00:00Z',
          deletionTimestamp: '2000-01-01T00:00:00Z',
          deletionGracePeriodSeconds: 5,
          selfLink: '/x',
          generation: 9,
        }),
      ],
      code: 201,
      body: {
        metadata: {
          uid: /^[0-9a-f]{8}-/,
          creationTimestamp: /^20[2-9]/,
          deletionTimestamp: undefined,
          selfLink: undefined,
          generation: undefined,
        },
      },
    },
    {
      what: 'across namespaces',
      ask: ['POST', '/api/v1/configmaps', configMap('x')],
      code: 405,
      body: { reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource' },
    },
  ]
  await checkRows(t, ask, rows)
})

t.test('what an update insists on', async (t) => {
  const { metadata } = (await ask('POST', maps, configMap('u', { data: { a: '1' } }))).body
  const put = (more: object, data = { a: '2' }) => ({ ...configMap('u'), metadata: { name: 'u', ...more }, data })
  const other = '11111111-1111-1111-1111-111111111111'
  await checkRows(t, ask, [
    {
      what: 'another version',
      ask: ['PUT', `${maps}/u`, put({ resourceVersion: '1' })],
      code: 409,
      body: conflictOn(
        'u',
        'the object has been modified; please apply your changes to the latest version and try again',
      ),
    },
    { what: 'a version that is none', ask: ['PUT', `${maps}/u`, put({ resourceVersion: 'x' })], code: 409 },
    {
      what: 'another uid',
      ask: ['PUT', `${maps}/u`, put({ uid: other })],
      code: 409,
      body: {
        reason: 'Conflict',
        message: new RegExp(
          `^Operation cannot be fulfilled on configmaps "u": StorageError: invalid object, Code: 4, Key: /registry/\\S*configmaps/default/u, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${other}, UID in object meta: ${metadata.uid}$`,
        ),
      },
    },
    {
      what: 'its own version and uid',
      ask: ['PUT', `${maps}/u`, put({ resourceVersion: metadata.resourceVersion, uid: metadata.uid })],
      code: 200,
      body: { data: { a: '2' } },
    },
    {
      what: 'no version: whatever is there',
      ask: ['PUT', `${maps}/u`, put({}, { a: '3' })],
      code: 200,
      body: { data: { a: '3' } },
    },
    { what: 'no name', ask: ['PUT', `${maps}/u`, named({})], code: 400, body: { message: 'name must be provided' } },
    {
      what: 'another name',
      ask: ['PUT', `${maps}/u`, named({ name: 'w' })],
      code: 400,
      body: { message: 'the name of the object (w) does not match the name on the URL (u)' },
    },
    {
      what: 'another namespace',
      ask: ['PUT', `${maps}/u`, named({ name: 'u', namespace: 'w' })],
      code: 400,
      body: { message: 'the namespace of the provided object does not match the namespace sent on the request' },
    },
    {
      what: 'nothing there',
      ask: ['PUT', `${maps}/none`, configMap('none')],
      code: 404,
      body: { message: 'configmaps "none" not found' },
    },
  ])
})

t.test('what no patch may change', async (t) => {
  const { metadata } = (await ask('POST', maps, configMap('p', { data: { a: '1' } }))).body
  const merge = { type: 'application/merge-patch+json' }
  await checkRows(t, ask, [
    {
      what: 'the name',
      ask: ['PATCH', `${maps}/p`, { metadata: { name: 'q' } }, merge],
      code: 400,
      body: { message: 'the name of the object (q) does not match the name on the URL (p)' },
    },
    {
      what: 'the name, by a JSON patch',
      ask: [
        'PATCH',
        `${maps}/p`,
        [{ op: 'replace', path: '/metadata/name', value: 'q' }],
        { type: 'application/json-patch+json' },
      ],
      code: 400,
      body: { message: 'the name of the object (q) does not match the name on the URL (p)' },
    },
    {
      what: 'the namespace',
      ask: ['PATCH', `${maps}/p`, { metadata: { namespace: 'q' } }, merge],
      code: 400,
      body: { message: 'the namespace of the provided object does not match the namespace sent on the request' },
    },
    {
      what: 'the uid',
      ask: ['PATCH', `${maps}/p`, { metadata: { uid: 'x' } }, merge],
      code: 422,
      body: { message: /metadata.uid: Invalid value: "x": field is immutable/ },
    },
    {
      what: 'a version that is not there any more',
      ask: ['PATCH', `${maps}/p`, { metadata: { resourceVersion: '1' } }, merge],
      code: 409,
    },
    {
      what: 'the version that is there',
      ask: ['PATCH', `${maps}/p`, { metadata: { resourceVersion: metadata.resourceVersion }, data: { a: '2' } }, merge],
      code: 200,
    },
    { what: 'nothing: nothing is written', ask: ['PATCH', `${maps}/p`, {}, merge], code: 200 },
    { what: 'what is not there', ask: ['PATCH', `${maps}/none`, {}, merge], code: 404 },
    {
      what: 'apply, with a uid, of what is not there',
      ask: [
        'PATCH',
        `${maps}/none?fieldManager=m`,
        named({ name: 'none', uid: 'x' }),
        { type: 'application/apply-patch+yaml' },
      ],
      code: 409,
      body: conflictOn('none', 'uid mismatch: the provided object specified uid x, and no existing object was found'),
    },
  ])
})

t.test('options of writes', async (t) => {
  const invalid = (kind: string, rest: string) => ({
    reason: 'Invalid',
    message: `${kind}.meta.k8s.io "" is invalid: ${rest}`,
  })
  const merge = { type: 'application/merge-patch+json' }
  const long = 'm'.repeat(129)
  await checkRows(t, ask, [
    {
      what: 'a field manager',
      ask: ['POST', `${maps}?fieldManager=me`, configMap('m', { data: { a: '1' } })],
      code: 201,
      body: {
        metadata: { managedFields: [{ manager: 'me', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1' }] },
      },
    },
    {
      what: 'a manager without one is known by its program',
      ask: [
        'PUT',
        `${maps}/m`,
        configMap('m', { data: { a: '1', b: '1' } }),
        { headers: { 'user-agent': 'tool/v1 (linux)' } },
      ],
      code: 200,
      body: { metadata: { managedFields: [{ manager: 'me' }, { manager: 'tool' }] } },
    },
    {
      what: 'a manager with too long a name',
      ask: ['POST', `${maps}?fieldManager=${long}`, configMap('x')],
      code: 422,
      body: invalid('CreateOptions', 'fieldManager: Too long: may not be more than 128 bytes'),
    },
    {
      what: 'a manager with a name that cannot be printed',
      ask: ['PUT', `${maps}/m?fieldManager=%00`, configMap('m')],
      code: 422,
      body: invalid(
        'UpdateOptions',
        'fieldManager: Invalid value: "\\u0000": invalid character U+0000 (at position 0)',
      ),
    },
    {
      what: 'a dry run of something else',
      ask: ['PATCH', `${maps}/m?dryRun=None`, {}, merge],
      code: 422,
      body: invalid('PatchOptions', 'dryRun: Unsupported value: ["None"]: supported values: "All"'),
    },
    {
      what: 'unknown field validation',
      ask: ['POST', `${maps}?fieldValidation=Loose`, configMap('x')],
      code: 422,
      body: invalid(
        'CreateOptions',
        'fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
      ),
    },
    {
      what: 'force without apply',
      ask: ['PATCH', `${maps}/m?force=true`, {}, merge],
      code: 422,
      body: invalid('PatchOptions', 'force: Forbidden: may not be specified for non-apply patch'),
    },
    {
      what: 'apply without a manager',
      ask: ['PATCH', `${maps}/m`, configMap('m'), { type: 'application/apply-patch+yaml' }],
      code: 422,
      body: invalid('PatchOptions', 'fieldManager: Required value: is required for apply patch'),
    },
  ])
})

t.test('field validation', async (t) => {
  const unknown = (name: string) => ({ ...configMap(name), colour: 'blue' })
  const twice = (name: string) =>
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"a":"1","a":"2"}}`
  await checkRows(t, ask, [
    {
      what: 'by default, a warning',
      ask: ['POST', maps, unknown('f1')],
      code: 201,
      warnings: ['unknown field "colour"'],
    },
    {
      what: 'Warn',
      ask: ['POST', `${maps}?fieldValidation=Warn`, unknown('f2')],
      code: 201,
      warnings: ['unknown field "colour"'],
    },
    { what: 'Ignore', ask: ['POST', `${maps}?fieldValidation=Ignore`, unknown('f3')], code: 201, warnings: [] },
    {
      what: 'Strict',
      ask: ['POST', `${maps}?fieldValidation=Strict`, unknown('f4')],
      code: 400,
      body: {
        message:
          'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "colour"',
      },
      warnings: [],
    },
    {
      what: 'a key that comes twice',
      ask: ['POST', maps, twice('f5')],
      code: 201,
      body: { data: { a: '2' } },
      warnings: ['duplicate field "data.a"'],
    },
    {
      what: 'a key that comes twice, strictly',
      ask: ['POST', `${maps}?fieldValidation=Strict`, twice('f6')],
      code: 400,
      body: { message: /strict decoding error: duplicate field "data.a"/ },
    },
    { what: 'on update', ask: ['PUT', `${maps}/f1`, unknown('f1')], code: 200, warnings: ['unknown field "colour"'] },
    { what: 'on update, strictly', ask: ['PUT', `${maps}/f1?fieldValidation=Strict`, unknown('f1')], code: 400 },
    {
      what: 'on a merge patch',
      ask: ['PATCH', `${maps}/f1`, { colour: 'red' }, { type: 'application/merge-patch+json' }],
      code: 200,
      warnings: ['unknown field "colour"'],
    },
    {
      what: 'on a merge patch, strictly',
      ask: ['PATCH', `${maps}/f1?fieldValidation=Strict`, { colour: 'red' }, { type: 'application/merge-patch+json' }],
      code: 422,
      body: { reason: 'Invalid', message: /strict decoding error: unknown field "colour"/ },
    },
    {
      what: 'a key that comes twice in a patch',
      ask: ['PATCH', `${maps}/f1`, '{"data":{"a":"1","a":"2"}}', { type: 'application/merge-patch+json' }],
      code: 200,
      body: { data: { a: '2' } },
      warnings: ['duplicate field "data.a"'],
    },
    {
      what: 'a key that comes twice in a patch, strictly',
      ask: [
        'PATCH',
        `${maps}/f1?fieldValidation=Strict`,
        '{"data":{"a":"1","a":"2"}}',
        { type: 'application/strategic-merge-patch+json' },
      ],
      code: 422,
      body: { message: /patch: Invalid value: .*: strict decoding error: duplicate field "data.a"/ },
    },
    {
      what: 'on apply, strictly',
      ask: [
        'PATCH',
        `${maps}/f1?fieldManager=m&fieldValidation=Strict`,
        unknown('f1'),
        { type: 'application/apply-patch+yaml' },
      ],
      code: 400,
    },
  ])
})

t.test('deprecated kinds say what to use instead', async (t) => {
  const text = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'
  const endpoints = '/api/v1/namespaces/default/endpoints'
  await checkRows(t, ask, [
    { what: 'get', ask: ['GET', `${endpoints}/kubernetes`], code: 200, warnings: [text] },
    { what: 'list', ask: ['GET', endpoints], code: 200, warnings: [text] },
    { what: 'create', ask: ['POST', endpoints, { metadata: { name: 'e' } }], code: 201, warnings: [text] },
    { what: 'a failure', ask: ['GET', `${endpoints}/none`], code: 404, warnings: [text] },
    { what: 'what takes its place', ask: ['GET', '/apis/discovery.k8s.io/v1/endpointslices'], code: 200, warnings: [] },
  ])
})
