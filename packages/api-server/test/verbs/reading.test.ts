import t from 'tap'
import { askingServer, checkRows, configMap, maps, named } from './asking.ts'

const { ask } = await askingServer(t)
const labelled = (name: string, labels: object) => named({ name, labels })
const items = (...names: string[]) => ({ items: names.map((name) => ({ metadata: { name } })) })

const first = (await ask('POST', maps, labelled('a', { tier: 'front' }))).body.metadata.resourceVersion
await ask('POST', maps, labelled('b', { tier: 'back' }))
const second = (await ask('POST', maps, labelled('c', { tier: 'back' }))).body.metadata.resourceVersion
await ask('DELETE', `${maps}/b`)
const last = (await ask('GET', maps)).body.metadata.resourceVersion
const far = String(Number(last) + 1000)
const invalidList = (rest: string) => ({ reason: 'Invalid', message: `ListOptions.meta.k8s.io "" is invalid: ${rest}` })
const tooLarge = {
  reason: 'Timeout',
  message: new RegExp(`^Timeout: Too large resource version: ${far}, current: \\d+$`),
  details: {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  },
}

t.test('get, by resourceVersion', (t) =>
  checkRows(t, ask, [
    { what: 'unset', ask: ['GET', `${maps}/a`], code: 200 },
    { what: '0', ask: ['GET', `${maps}/a?resourceVersion=0`], code: 200 },
    { what: 'one that has been', ask: ['GET', `${maps}/a?resourceVersion=${first}`], code: 200 },
    { what: 'one that is still to come', ask: ['GET', `${maps}/a?resourceVersion=${far}`], code: 504, body: tooLarge },
    {
      what: 'none at all',
      ask: ['GET', `${maps}/a?resourceVersion=x`],
      code: 400,
      body: { message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax' },
    },
    {
      what: 'export is no more',
      ask: ['GET', `${maps}/a?export=true`],
      code: 400,
      body: { message: 'the export parameter, deprecated since v1.14, is no longer supported' },
    },
  ]),
)

t.test('list, by resourceVersion and resourceVersionMatch', (t) =>
  checkRows(t, ask, [
    {
      what: 'unset',
      ask: ['GET', maps],
      code: 200,
      body: { ...items('a', 'c'), metadata: { resourceVersion: String } },
    },
    { what: '0', ask: ['GET', `${maps}?resourceVersion=0`], code: 200, body: items('a', 'c') },
    {
      what: '0, not older',
      ask: ['GET', `${maps}?resourceVersion=0&resourceVersionMatch=NotOlderThan`],
      code: 200,
      body: items('a', 'c'),
    },
    { what: 'a version', ask: ['GET', `${maps}?resourceVersion=${first}`], code: 200, body: items('a', 'c') },
    {
      what: 'a version, not older',
      ask: ['GET', `${maps}?resourceVersion=${first}&resourceVersionMatch=NotOlderThan`],
      code: 200,
      body: items('a', 'c'),
    },
    {
      what: 'a version, exactly',
      ask: ['GET', `${maps}?resourceVersion=${second}&resourceVersionMatch=Exact`],
      code: 200,
      body: { ...items('a', 'b', 'c'), metadata: { resourceVersion: second } },
    },
    {
      what: 'a version and a limit mean exactly that version',
      ask: ['GET', `${maps}?resourceVersion=${second}&limit=2`],
      code: 200,
      body: { ...items('a', 'b'), metadata: { resourceVersion: second } },
    },
    {
      what: 'a version and a limit, not older',
      ask: ['GET', `${maps}?resourceVersion=${first}&limit=1&resourceVersionMatch=NotOlderThan`],
      code: 200,
      body: items('a'),
    },
    {
      what: '0, exactly',
      ask: ['GET', `${maps}?resourceVersion=0&resourceVersionMatch=Exact`],
      code: 422,
      body: invalidList(
        'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ),
    },
    {
      what: 'a match without a version',
      ask: ['GET', `${maps}?resourceVersionMatch=Exact`],
      code: 422,
      body: invalidList(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      ),
    },
    {
      what: 'another match',
      ask: ['GET', `${maps}?resourceVersion=1&resourceVersionMatch=Near`],
      code: 422,
      body: invalidList(
        'resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""',
      ),
    },
    {
      what: 'a match with a continue token',
      ask: ['GET', `${maps}?resourceVersion=1&resourceVersionMatch=Exact&continue=x`],
      code: 422,
      body: invalidList('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided'),
    },
    {
      what: 'initial events',
      ask: ['GET', `${maps}?sendInitialEvents=true`],
      code: 422,
      body: invalidList('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'),
    },
    { what: 'a version to come', ask: ['GET', `${maps}?resourceVersion=${far}`], code: 504, body: tooLarge },
    {
      what: 'a version to come, exactly',
      ask: ['GET', `${maps}?resourceVersion=${far}&resourceVersionMatch=Exact`],
      code: 504,
      body: tooLarge,
    },
    {
      what: 'no version',
      ask: ['GET', `${maps}?resourceVersion=x`],
      code: 400,
      body: {
        message:
          'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
      },
    },
  ]),
)

t.test('list, by selectors', (t) =>
  checkRows(t, ask, [
    { what: 'labels', ask: ['GET', `${maps}?labelSelector=tier%20notin%20(front)`], code: 200, body: items('c') },
    { what: 'no such label', ask: ['GET', `${maps}?labelSelector=!tier`], code: 200, body: { items: [] } },
    {
      what: 'no selector',
      ask: ['GET', `${maps}?labelSelector=a%3D%3D%3D`],
      code: 400,
      body: { reason: 'BadRequest', message: /unable to parse requirement|found '='/ },
    },
    { what: 'a name', ask: ['GET', `${maps}?fieldSelector=metadata.name%3Da`], code: 200, body: items('a') },
    { what: 'all but a name', ask: ['GET', `${maps}?fieldSelector=metadata.name!%3Da`], code: 200, body: items('c') },
    {
      what: 'no field selector',
      ask: ['GET', `${maps}?fieldSelector=metadata.name`],
      code: 400,
      body: { message: "invalid selector: 'metadata.name'; can't understand 'metadata.name'" },
    },
    {
      what: 'no such field',
      ask: ['GET', `${maps}?fieldSelector=data.a%3D1`],
      code: 400,
      body: { message: '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"' },
    },
    {
      what: 'no such field of pods',
      ask: ['GET', '/api/v1/pods?fieldSelector=spec.colour%3Dx'],
      code: 400,
      body: { message: 'field label not supported: spec.colour' },
    },
    {
      what: 'no such field of nodes',
      ask: ['GET', '/api/v1/nodes?fieldSelector=spec.colour%3Dx'],
      code: 400,
      body: { message: 'field label not supported: spec.colour' },
    },
    {
      what: 'nodes that are unschedulable',
      ask: ['GET', '/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue'],
      code: 200,
      body: { items: [] },
    },
    {
      what: 'a limit that is no number',
      ask: ['GET', `${maps}?limit=many`],
      code: 400,
      body: { message: 'strconv.ParseInt: parsing "many": invalid syntax' },
    },
    { what: 'a limit below zero is none', ask: ['GET', `${maps}?limit=-1`], code: 200, body: items('a', 'c') },
  ]),
)

t.test('field selectors of each kind', async (t) => {
  const rows: [path: string, fields: string[]][] = [
    [
      '/api/v1/pods',
      [
        'spec.nodeName',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'spec.hostNetwork',
        'status.phase',
        'status.podIP',
        'status.podIPs',
        'status.nominatedNodeName',
      ],
    ],
    ['/api/v1/nodes', ['spec.unschedulable']],
    ['/api/v1/namespaces', ['status.phase']],
    ['/api/v1/secrets', ['type']],
    ['/api/v1/services', ['spec.clusterIP', 'spec.type']],
    ['/api/v1/replicationcontrollers', ['status.replicas']],
    [
      '/api/v1/events',
      [
        'involvedObject.kind',
        'involvedObject.namespace',
        'involvedObject.name',
        'involvedObject.uid',
        'involvedObject.apiVersion',
        'involvedObject.resourceVersion',
        'involvedObject.fieldPath',
        'reason',
        'reportingComponent',
        'source',
        'type',
      ],
    ],
    [
      '/apis/events.k8s.io/v1/events',
      ['regarding.kind', 'regarding.name', 'regarding.uid', 'reason', 'reportingController', 'type'],
    ],
    ['/apis/apps/v1/replicasets', ['status.replicas']],
    ['/apis/batch/v1/jobs', ['status.successful']],
  ]
  for (const [path, fields] of rows)
    for (const field of [...fields, 'metadata.name'])
      t.equal((await ask('GET', `${path}?fieldSelector=${field}%3Dx`)).code, 200, `${path} by ${field}`)
})

t.test('pages', async (t) => {
  for (const name of ['p1', 'p2', 'p3', 'p4'])
    await ask('POST', '/api/v1/namespaces/kube-public/configmaps', configMap(name))
  const pages = '/api/v1/namespaces/kube-public/configmaps'
  const start = (await ask('GET', `${pages}?limit=1`)).body
  t.match(start, { metadata: { continue: /./, remainingItemCount: Number } })
  const all = start.metadata.remainingItemCount + 1
  const next = encodeURIComponent(start.metadata.continue)
  const rest = (await ask('GET', `${pages}?continue=${next}`)).body
  t.equal(rest.items.length, all - 1, 'the rest, without a limit')
  t.equal(rest.metadata.resourceVersion, start.metadata.resourceVersion, 'of the same version')
  t.notOk(rest.metadata.continue)
  const selected = (await ask('GET', `${pages}?limit=1&labelSelector=!none`)).body
  t.equal(selected.metadata.remainingItemCount, undefined, 'with a selector nobody counts')
  const token = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const bad = (why: string) => ({
    reason: 'BadRequest',
    message: `invalid continue token: continue key is not valid: ${why}`,
  })
  await checkRows(t, ask, [
    { what: 'with 0 a token goes on', ask: ['GET', `${pages}?limit=1&resourceVersion=0&continue=${next}`], code: 200 },
    {
      what: 'with a version',
      ask: ['GET', `${pages}?limit=1&resourceVersion=5&continue=${next}`],
      code: 400,
      body: { message: 'specifying resource version is not allowed when using continue' },
    },
    {
      what: 'no base64',
      ask: ['GET', `${pages}?continue=ab!c`],
      code: 400,
      body: bad('illegal base64 data at input byte 2'),
    },
    {
      what: 'no JSON',
      ask: ['GET', `${pages}?continue=${token('hello')}`],
      code: 400,
      body: {
        message:
          /^invalid continue token: continue key is not valid: invalid character 'h' looking for beginning of value/,
      },
    },
    {
      what: 'another form',
      ask: ['GET', `${pages}?continue=${token({ v: 'v2', rv: 1, start: 'a' })}`],
      code: 400,
      body: bad('server does not recognize this encoded version v2'),
    },
    {
      what: 'no version',
      ask: ['GET', `${pages}?continue=${token({ v: 'meta.k8s.io/v1', start: 'a' })}`],
      code: 400,
      body: bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)'),
    },
    {
      what: 'no key',
      ask: ['GET', `${pages}?continue=${token({ v: 'meta.k8s.io/v1', rv: 1 })}`],
      code: 400,
      body: bad('encoded start key empty (version meta.k8s.io/v1)'),
    },
    {
      what: 'a way out of the list',
      ask: ['GET', `${pages}?continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets/a' })}`],
      code: 400,
      body: bad('../secrets/a'),
    },
  ])
})
