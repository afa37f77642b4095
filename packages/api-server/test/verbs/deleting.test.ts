import t from 'tap'
import { askingServer, checkRows, configMap, maps, named } from './asking.ts'

const { ask } = await askingServer(t)
await ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
const pods = '/api/v1/namespaces/default/pods'
const options = (more: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...more })
const invalid = (rest: string) => ({ reason: 'Invalid', message: `DeleteOptions.meta.k8s.io "" is invalid: ${rest}` })
const other = '11111111-1111-1111-1111-111111111111'

t.test('options, in the body or in the query', async (t) => {
  const { metadata } = (await ask('POST', maps, configMap('a'))).body
  await checkRows(t, ask, [
    {
      what: 'another uid',
      ask: ['DELETE', `${maps}/a`, options({ preconditions: { uid: other } })],
      code: 409,
      body: {
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (${other}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      },
    },
    {
      what: 'another version',
      ask: ['DELETE', `${maps}/a`, options({ preconditions: { resourceVersion: '1' } })],
      code: 409,
      body: {
        message: `Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      },
    },
    {
      what: 'an unknown policy',
      ask: ['DELETE', `${maps}/a`, options({ propagationPolicy: 'Sideways' })],
      code: 422,
      body: invalid(
        'propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
      ),
    },
    {
      what: 'an unknown policy in the query',
      ask: ['DELETE', `${maps}/a?propagationPolicy=Sideways`],
      code: 422,
      body: { reason: 'Invalid' },
    },
    {
      what: 'two ways to say it',
      ask: ['DELETE', `${maps}/a`, options({ propagationPolicy: 'Orphan', orphanDependents: true })],
      code: 422,
      body: invalid(
        'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
      ),
    },
    {
      what: 'another dry run',
      ask: ['DELETE', `${maps}/a`, options({ dryRun: ['Some'] })],
      code: 422,
      body: invalid('dryRun: Unsupported value: ["Some"]: supported values: "All"'),
    },
    {
      what: 'grace that is no number',
      ask: ['DELETE', `${maps}/a?gracePeriodSeconds=soon`],
      code: 400,
      body: { message: 'strconv.ParseInt: parsing "soon": invalid syntax' },
    },
    {
      what: 'grace that is text in the body',
      ask: ['DELETE', `${maps}/a`, options({ gracePeriodSeconds: 'soon' })],
      code: 400,
    },
    { what: 'another kind', ask: ['DELETE', `${maps}/a`, { kind: 'ConfigMap', apiVersion: 'v1' }], code: 400 },
    { what: 'another form', ask: ['DELETE', `${maps}/a`, 'x', { type: 'text/plain' }], code: 415 },
    {
      what: 'a dry run in the query',
      ask: ['DELETE', `${maps}/a?dryRun=All`],
      code: 200,
      body: { kind: 'Status', status: 'Success' },
    },
    { what: 'a dry run in the body', ask: ['DELETE', `${maps}/a`, options({ dryRun: ['All'] })], code: 200 },
    {
      what: 'the body counts where both speak',
      ask: ['DELETE', `${maps}/a?gracePeriodSeconds=soon`, options({ dryRun: ['All'] })],
      code: 200,
    },
    {
      what: 'options of the group',
      ask: ['DELETE', `${maps}/a?dryRun=None`, { kind: 'DeleteOptions', apiVersion: 'apps/v1', dryRun: ['All'] }],
      code: 200,
    },
    { what: 'options without a kind', ask: ['DELETE', `${maps}/a`, { dryRun: ['All'] }], code: 200 },
    { what: 'it is still there', ask: ['GET', `${maps}/a`], code: 200 },
    {
      what: 'its own uid and version',
      ask: [
        'DELETE',
        `${maps}/a`,
        options({ preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion } }),
      ],
      code: 200,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'a', kind: 'configmaps', uid: metadata.uid },
      },
    },
    { what: 'what is gone', ask: ['DELETE', `${maps}/a`], code: 404, body: { reason: 'NotFound' } },
  ])
})

t.test('finalizers and propagation', async (t) => {
  const rows: [what: string, query: string, finalizers: string[] | undefined, code: number][] = [
    ['background', '', undefined, 200],
    ['background, said', '?propagationPolicy=Background', undefined, 200],
    ['foreground', '?propagationPolicy=Foreground', ['foregroundDeletion'], 200],
    ['orphans', '?propagationPolicy=Orphan', ['orphan'], 200],
    ['orphans, as it was said once', '?orphanDependents=true', ['orphan'], 200],
    ['no orphans, as it was said once', '?orphanDependents=false', undefined, 200],
  ]
  for (const [i, [what, query, finalizers, code]] of rows.entries()) {
    const name = `p${i}`
    await ask('POST', maps, configMap(name))
    t.equal((await ask('DELETE', `${maps}/${name}${query}`)).code, code, what)
    const { body } = await ask('GET', `${maps}/${name}`)
    t.same(body.metadata?.finalizers, finalizers, what)
    t.equal(Boolean(body.metadata?.deletionTimestamp), finalizers !== undefined, what)
  }
  await ask('POST', maps, named({ name: 'held', finalizers: ['example.com/hold'] }))
  const merge = { type: 'application/merge-patch+json' }
  await checkRows(t, ask, [
    {
      what: 'held, and no orphans asked for',
      ask: ['DELETE', `${maps}/held?orphanDependents=false`],
      code: 202,
      body: {
        kind: 'ConfigMap',
        metadata: { deletionTimestamp: String, deletionGracePeriodSeconds: 0, finalizers: ['example.com/hold'] },
      },
    },
    { what: 'again', ask: ['DELETE', `${maps}/held`], code: 200, body: { kind: 'ConfigMap' } },
    {
      what: 'of that name there is one',
      ask: ['POST', maps, configMap('held')],
      code: 409,
      body: { reason: 'AlreadyExists', message: 'object is being deleted: configmaps "held" already exists' },
    },
    {
      what: 'another finalizer',
      ask: ['PATCH', `${maps}/held`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }, merge],
      code: 422,
      body: {
        message:
          /metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"example.com\/more"\}/,
      },
    },
    {
      what: 'the last finalizer goes, tried',
      ask: ['PATCH', `${maps}/held?dryRun=All`, { metadata: { finalizers: null } }, merge],
      code: 200,
    },
    {
      what: 'the last finalizer goes',
      ask: ['PATCH', `${maps}/held`, { metadata: { finalizers: null } }, merge],
      code: 200,
    },
    { what: 'and with it the object', ask: ['GET', `${maps}/held`], code: 404 },
    {
      what: 'a finalizer that has no domain',
      ask: ['POST', maps, named({ name: 'x', finalizers: ['hold'] })],
      code: 422,
      body: {
        message:
          /metadata.finalizers\[0\]: Invalid value: "hold": name is neither a standard finalizer name nor is it fully qualified/,
      },
    },
  ])
})

t.test('grace', async (t) => {
  const pod = (name: string) => ({
    metadata: { name },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  })
  for (const name of ['g1', 'g2', 'g3', 'g4']) await ask('POST', pods, pod(name))
  await ask('POST', pods, { ...pod('waits'), spec: { containers: [{ name: 'c', image: 'i' }] } })
  const given = (seconds: number) => ({ metadata: { deletionTimestamp: String, deletionGracePeriodSeconds: seconds } })
  await checkRows(t, ask, [
    { what: 'its own', ask: ['DELETE', `${pods}/g1`], code: 200, body: { kind: 'Pod', ...given(30) } },
    {
      what: 'longer than before: as it was',
      ask: ['DELETE', `${pods}/g1?gracePeriodSeconds=60`],
      code: 200,
      body: given(30),
    },
    { what: 'shorter', ask: ['DELETE', `${pods}/g1?gracePeriodSeconds=5`], code: 200, body: given(5) },
    { what: 'as asked for', ask: ['DELETE', `${pods}/g2?gracePeriodSeconds=7`], code: 200, body: given(7) },
    {
      what: 'below zero is one second',
      ask: ['DELETE', `${pods}/g3?gracePeriodSeconds=-5`],
      code: 200,
      body: given(1),
    },
    {
      what: 'none: gone at once',
      ask: ['DELETE', `${pods}/g4?gracePeriodSeconds=0`],
      code: 200,
      body: { kind: 'Pod' },
    },
    { what: 'gone', ask: ['GET', `${pods}/g4`], code: 404 },
    { what: 'of a pod that runs nowhere', ask: ['DELETE', `${pods}/waits`], code: 200 },
    { what: 'gone too', ask: ['GET', `${pods}/waits`], code: 404 },
    { what: 'of a kind without grace', ask: ['POST', maps, configMap('graceless')], code: 201 },
    {
      what: 'it makes no difference',
      ask: ['DELETE', `${maps}/graceless?gracePeriodSeconds=60`],
      code: 200,
      body: { status: 'Success' },
    },
  ])
})

t.test('collections', async (t) => {
  const inPublic = '/api/v1/namespaces/kube-public/configmaps'
  for (const name of ['c1', 'c2', 'c3', 'c4'])
    await ask('POST', inPublic, named({ name, labels: { odd: String('c1c3'.includes(name)) } }))
  const listed = (...names: string[]) => ({
    kind: 'ConfigMapList',
    items: names.map((name) => ({ metadata: { name } })),
  })
  const selected = `${inPublic}?fieldSelector=metadata.name!%3Dkube-root-ca.crt`
  await checkRows(t, ask, [
    {
      what: 'tried, in the query',
      ask: ['DELETE', `${inPublic}?dryRun=All`],
      code: 200,
      body: listed('c1', 'c2', 'c3', 'c4'),
    },
    {
      what: 'tried, in the body',
      ask: ['DELETE', inPublic, options({ dryRun: ['All'] })],
      code: 200,
      body: listed('c1', 'c2', 'c3', 'c4'),
    },
    { what: 'a bad selector', ask: ['DELETE', `${inPublic}?labelSelector=a%3D%3D%3D`], code: 400 },
    {
      what: 'bad list options',
      ask: ['DELETE', `${inPublic}?resourceVersionMatch=Exact`],
      code: 422,
      body: { message: /^ListOptions.meta.k8s.io "" is invalid/ },
    },
    {
      what: 'bad delete options',
      ask: ['DELETE', inPublic, options({ propagationPolicy: 'Sideways' })],
      code: 422,
      body: { message: /^DeleteOptions.meta.k8s.io "" is invalid/ },
    },
    {
      what: 'whatever is broken',
      ask: ['DELETE', inPublic, options({ ignoreStoreReadErrorWithClusterBreakingPotential: true })],
      code: 422,
      body: invalid(
        'ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: is not allowed with DELETECOLLECTION, try again after removing the option',
      ),
    },
    { what: 'by labels', ask: ['DELETE', `${inPublic}?labelSelector=odd%3Dtrue`], code: 200, body: listed('c1', 'c3') },
    { what: 'some', ask: ['DELETE', `${selected}&limit=1`], code: 200, body: listed('c2') },
    {
      what: 'by fields',
      ask: ['DELETE', `${inPublic}?fieldSelector=metadata.name%3Dc4`],
      code: 200,
      body: listed('c4'),
    },
    { what: 'nothing left', ask: ['GET', inPublic], code: 200, body: { items: [] } },
    { what: 'across namespaces', ask: ['DELETE', '/api/v1/configmaps'], code: 405 },
    { what: 'of what is not deleted together', ask: ['DELETE', '/api/v1/namespaces'], code: 405 },
  ])
})

t.test('a namespace ends in two steps', async (t) => {
  await ask('POST', '/api/v1/namespaces', { metadata: { name: 'ends' } })
  const marked = await ask('DELETE', '/api/v1/namespaces/ends')
  t.match(marked.body, { kind: 'Namespace', metadata: { deletionTimestamp: String }, status: { phase: 'Terminating' } })
  t.match((await ask('POST', '/api/v1/namespaces/ends/configmaps', configMap('x'))).body, {
    code: 403,
    message:
      'configmaps "x" is forbidden: unable to create new content in namespace ends because it is being terminated',
    details: {
      causes: [
        { reason: 'NamespaceTerminating', message: 'namespace ends is being terminated', field: 'metadata.namespace' },
      ],
    },
  })
  const { body } = await ask('GET', '/api/v1/namespaces/ends')
  const finalized = await ask('PUT', '/api/v1/namespaces/ends/finalize', { ...body, spec: { finalizers: [] } })
  t.equal(finalized.code, 200)
  t.equal((await ask('GET', '/api/v1/namespaces/ends')).code, 404)
})
