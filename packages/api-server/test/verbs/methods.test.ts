import t from 'tap'
import { askingServer, checkRows, configMap, maps, type Row } from './asking.ts'

const { ask } = await askingServer(t)
await ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
await ask('POST', maps, configMap('a'))
const pods = '/api/v1/namespaces/default/pods'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const merge = { type: 'application/merge-patch+json' }
const notAllowed = {
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
}

t.test('methods that nobody serves', (t) =>
  checkRows(
    t,
    ask,
    (
      [
        ['POST', `${maps}/a`],
        ['PUT', maps],
        ['PATCH', maps],
        ['OPTIONS', maps],
        ['PUT', '/api/v1/configmaps'],
        ['GET', `${pods}/a/eviction`],
        ['DELETE', `${deployments}/a/scale`],
        ['POST', `${deployments}/a/status`],
        ['GET', '/api/v1/namespaces/default/serviceaccounts/default/token'],
        ['GET', '/apis/authentication.k8s.io/v1/tokenreviews'],
      ] as const
    ).map(
      ([method, path]): Row => ({
        what: `${method} ${path}`,
        ask: [method, path, method === 'GET' || method === 'OPTIONS' ? undefined : {}, method === 'PATCH' ? merge : {}],
        code: 405,
        body: notAllowed,
      }),
    ),
  ),
)

t.test('a HEAD of an object', async (t) => {
  const { code, text } = await ask('HEAD', `${maps}/a`)
  t.match({ code, text }, { code: 405, text: '' })
})

t.test('what is tried changes nothing', async (t) => {
  const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const deployment = {
    metadata: { name: 'd' },
    spec: { replicas: 1, selector: { matchLabels: { app: 'd' } }, template },
  }
  await ask('POST', deployments, deployment)
  await ask('POST', pods, {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '500m' } } }] },
  })
  const { body: before } = await ask('GET', `${deployments}/d`)
  const { body: pod } = await ask('GET', `${pods}/p`)
  const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } }
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } }
  const scale = { metadata: { name: 'd' }, spec: { replicas: 5 } }
  const debug = { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } }
  const resize = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] } }
  const strategic = { type: 'application/strategic-merge-patch+json' }
  const apply = { type: 'application/apply-patch+yaml' }
  await checkRows(t, ask, [
    {
      what: 'create',
      ask: ['POST', `${maps}?dryRun=All`, configMap('tried')],
      code: 201,
      body: { metadata: { uid: String, name: 'tried' } },
    },
    { what: 'create, of a name that is taken', ask: ['POST', `${maps}?dryRun=All`, configMap('a')], code: 409 },
    {
      what: 'create, with a generated name',
      ask: ['POST', `${maps}?dryRun=All`, { metadata: { generateName: 'tried-' } }],
      code: 201,
      body: { metadata: { name: /^tried-.{5}$/ } },
    },
    { what: 'create, of what is not valid', ask: ['POST', `${maps}?dryRun=All`, configMap('Bad_')], code: 422 },
    {
      what: 'update',
      ask: ['PUT', `${deployments}/d?dryRun=All`, { ...deployment, spec: { ...deployment.spec, replicas: 7 } }],
      code: 200,
      body: { spec: { replicas: 7 }, metadata: { generation: 2 } },
    },
    {
      what: 'patch',
      ask: ['PATCH', `${deployments}/d?dryRun=All`, { spec: { replicas: 7 } }, merge],
      code: 200,
      body: { spec: { replicas: 7 } },
    },
    {
      what: 'apply',
      ask: [
        'PATCH',
        `${deployments}/d?dryRun=All&fieldManager=m&force=true`,
        { ...deployment, apiVersion: 'apps/v1', kind: 'Deployment' },
        apply,
      ],
      code: 200,
    },
    {
      what: 'apply, of what is not there',
      ask: ['PATCH', `${maps}/tried?dryRun=All&fieldManager=m`, configMap('tried'), apply],
      code: 201,
    },
    { what: 'delete', ask: ['DELETE', `${deployments}/d?dryRun=All`], code: 200 },
    {
      what: 'status',
      ask: ['PATCH', `${deployments}/d/status?dryRun=All`, { status: { replicas: 9 } }, merge],
      code: 200,
      body: { status: { replicas: 9 } },
    },
    {
      what: 'scale',
      ask: ['PUT', `${deployments}/d/scale?dryRun=All`, scale],
      code: 200,
      body: { kind: 'Scale', spec: { replicas: 5 } },
    },
    { what: 'binding', ask: ['POST', `${pods}/p/binding?dryRun=All`, binding], code: 201 },
    { what: 'eviction', ask: ['POST', `${pods}/p/eviction?dryRun=All`, eviction], code: 201 },
    {
      what: 'eviction, in its options',
      ask: ['POST', `${pods}/p/eviction`, { ...eviction, deleteOptions: { dryRun: ['All'] } }],
      code: 201,
    },
    {
      what: 'ephemeral containers',
      ask: ['PATCH', `${pods}/p/ephemeralcontainers?dryRun=All`, debug, strategic],
      code: 200,
    },
    { what: 'resize', ask: ['PATCH', `${pods}/p/resize?dryRun=All`, resize, strategic], code: 200 },
    {
      what: 'token',
      ask: ['POST', '/api/v1/namespaces/default/serviceaccounts/default/token?dryRun=All', { spec: {} }],
      code: 201,
    },
    {
      what: 'a review',
      ask: [
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?dryRun=All',
        { spec: { resourceAttributes: { verb: 'get' } } },
      ],
      code: 201,
    },
    {
      what: 'a command',
      ask: ['POST', `${pods}/p/exec?dryRun=All&command=ls&stdout=true`],
      code: 400,
      body: { message: 'dryRun is not supported' },
    },
    {
      what: 'a proxy',
      ask: ['GET', `${pods}/p/proxy/?dryRun=All`],
      code: 400,
      body: { message: 'dryRun is not supported' },
    },
    { what: 'nothing was created', ask: ['GET', `${maps}/tried`], code: 404 },
  ])
  t.same((await ask('GET', `${deployments}/d`)).body, before)
  t.same((await ask('GET', `${pods}/p`)).body, pod)
})

t.test('status and spec are apart', async (t) => {
  const namespaces = '/api/v1/namespaces/default/resourcequotas'
  await ask('POST', namespaces, {
    metadata: { name: 'q' },
    spec: { hard: { pods: '1' } },
    status: { used: { pods: '9' } },
  })
  await checkRows(t, ask, [
    {
      what: 'status is not taken on create',
      ask: ['GET', `${namespaces}/q`],
      code: 200,
      body: { spec: { hard: { pods: '1' } }, status: { used: undefined } },
    },
    {
      what: 'nor on update',
      ask: ['PATCH', `${namespaces}/q`, { status: { used: { pods: '9' } } }, merge],
      code: 200,
      body: { status: { used: undefined } },
    },
    {
      what: 'spec is not taken with status',
      ask: [
        'PATCH',
        `${namespaces}/q/status`,
        { spec: { hard: { pods: '5' } }, status: { hard: { pods: '1' }, used: { pods: '0' } } },
        merge,
      ],
      code: 200,
      body: { spec: { hard: { pods: '1' } }, status: { used: { pods: '0' } } },
    },
    {
      what: 'status is read on its own',
      ask: ['GET', `${namespaces}/q/status`],
      code: 200,
      body: { kind: 'ResourceQuota', status: { used: { pods: '0' } } },
    },
  ])
})
