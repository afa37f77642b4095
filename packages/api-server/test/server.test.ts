import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'
import { type Asking, requestsOf } from './request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const bob = await requestsOf(server, { name: 'bob', groups: ['dev'] })
t.teardown(async () => {
  await Promise.all([admin.close(), bob.close()])
  await server.stop()
})

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})
const maps = '/api/v1/namespaces/default/configmaps'

t.test('one object from its creation to its end', async (t) => {
  const created = await admin.ask('POST', maps, configMap('life', { a: '1' }))
  t.equal(created.code, 201)
  t.match(created.body, {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'life', namespace: 'default', uid: /^[0-9a-f-]{36}$/ },
  })
  const [manager] = created.body.metadata.managedFields
  t.match(manager, { operation: 'Update', fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } } })

  const read = await admin.ask('GET', `${maps}/life`)
  t.same(read.body, created.body, 'reads what was written')

  const replaced = await admin.ask('PUT', `${maps}/life`, { ...read.body, data: { a: '2' } })
  t.equal(replaced.body.data.a, '2')
  const stale = await admin.ask('PUT', `${maps}/life`, { ...read.body, data: { a: '3' } })
  t.match(stale.body, {
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on configmaps "life": the object has been modified; please apply your changes to the latest version and try again',
  })

  const patches: [type: string, body: unknown, data: object][] = [
    ['application/merge-patch+json', { data: { b: '1' } }, { a: '2', b: '1' }],
    ['application/strategic-merge-patch+json', { data: { a: null } }, { b: '1' }],
    ['application/json-patch+json', [{ op: 'add', path: '/data/c', value: '1' }], { b: '1', c: '1' }],
  ]
  for (const [type, body, data] of patches) {
    const patched = await admin.ask('PATCH', `${maps}/life`, body, { type })
    t.same(patched.body.data, data, type)
  }

  const dry = await admin.ask('DELETE', `${maps}/life?dryRun=All`)
  t.equal(dry.code, 200)
  t.equal((await admin.ask('GET', `${maps}/life`)).code, 200, 'a dry run deletes nothing')
  const deleted = await admin.ask('DELETE', `${maps}/life`)
  t.match(deleted.body, { kind: 'Status', status: 'Success', details: { name: 'life', kind: 'configmaps' } })
  t.match((await admin.ask('GET', `${maps}/life`)).body, {
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "life" not found',
    details: { name: 'life', kind: 'configmaps' },
  })
})

t.test('server-side apply', async (t) => {
  const apply = (manager: string, data: object, query = '') =>
    admin.ask(
      'PATCH',
      `${maps}/applied?fieldManager=${manager}${query}`,
      { ...configMap('applied'), data },
      { type: 'application/apply-patch+yaml' },
    )
  t.equal((await apply('one', { a: '1' })).code, 201)
  t.equal((await apply('one', { a: '2' })).code, 200)
  const conflict = await apply('two', { a: '3' })
  t.match(conflict.body, { code: 409, reason: 'Conflict', message: /conflict with "one": .data.a/ })
  t.equal((await apply('two', { a: '3' }, '&force=true')).body.data.a, '3')
  const nobody = await admin.ask('PATCH', `${maps}/applied`, configMap('applied'), {
    type: 'application/apply-patch+yaml',
  })
  t.match(nobody.body, {
    code: 422,
    reason: 'Invalid',
    message: /fieldManager: Required value: is required for apply patch/,
  })
})

const large = configMap('large', { x: 'x'.repeat(4 * 1024 * 1024) })
const refused: [what: string, method: string, path: string, body: unknown, expected: object, asking?: Asking][] = [
  ['no object', 'GET', `${maps}/none`, undefined, { code: 404, reason: 'NotFound' }],
  [
    'no namespace',
    'POST',
    '/api/v1/namespaces/none/configmaps',
    configMap('x'),
    { code: 404, message: 'namespaces "none" not found' },
  ],
  ['malformed JSON', 'POST', maps, '{"kind":', { code: 400, reason: 'BadRequest' }],
  ['malformed YAML', 'POST', maps, 'a: [', { code: 400, reason: 'BadRequest' }, { type: 'application/yaml' }],
  ['a list for an object', 'POST', maps, '[]', { code: 400, reason: 'BadRequest' }],
  [
    'another kind',
    'POST',
    maps,
    { ...configMap('x'), kind: 'Secret' },
    { code: 400, message: /^Secret in version "v1" cannot be handled as a ConfigMap: / },
  ],
  [
    'another version',
    'POST',
    maps,
    { ...configMap('x'), apiVersion: 'v2' },
    { code: 400, message: 'the API version in the data (v2) does not match the expected API version (v1)' },
  ],
  [
    'another namespace',
    'POST',
    maps,
    { ...configMap('x'), metadata: { name: 'x', namespace: 'other' } },
    { code: 400, message: 'the namespace of the provided object does not match the namespace sent on the request' },
  ],
  [
    'another name',
    'PUT',
    `${maps}/y`,
    configMap('x'),
    { code: 400, message: 'the name of the object (x) does not match the name on the URL (y)' },
  ],
  [
    'a wrong type',
    'POST',
    maps,
    { ...configMap('x'), data: 'text' },
    { code: 400, message: /cannot unmarshal string into Go struct field ConfigMap.data/ },
  ],
  [
    'an unknown field, strictly',
    'POST',
    `${maps}?fieldValidation=Strict`,
    { ...configMap('x'), foo: 1 },
    { code: 400, message: /strict decoding error: unknown field "foo"/ },
  ],
  [
    'a bad name',
    'POST',
    maps,
    configMap('Bad_Name'),
    { code: 422, reason: 'Invalid', message: /metadata.name: Invalid value: "Bad_Name"/ },
  ],
  [
    'an oversized body',
    'POST',
    maps,
    large,
    { code: 413, reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' },
  ],
  ['an unknown body type', 'POST', maps, 'x', { code: 415, reason: 'UnsupportedMediaType' }, { type: 'text/plain' }],
  ['an unknown answer type', 'GET', maps, undefined, { code: 406, reason: 'NotAcceptable' }, { accept: 'text/html' }],
  ['an unknown patch type', 'PATCH', `${maps}/x`, '{}', { code: 415 }, { type: 'application/json' }],
  [
    'an unknown verb',
    'POST',
    `${maps}/x`,
    configMap('x'),
    {
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    },
  ],
  ['an unknown dry run', 'POST', `${maps}?dryRun=Some`, configMap('x'), { code: 422, reason: 'Invalid' }],
  ['an unknown selector', 'GET', `${maps}?labelSelector=a%3D%3D%3D`, undefined, { code: 400 }],
  [
    'the end of a system namespace',
    'DELETE',
    '/api/v1/namespaces/default',
    undefined,
    { code: 403, message: 'namespaces "default" is forbidden: this namespace may not be deleted' },
  ],
]
t.test('what is refused, and how', async (t) => {
  for (const [what, method, path, body, expected, asking] of refused) {
    const answer = await admin.ask(method, path, body, asking)
    t.match(answer.body, { kind: 'Status', apiVersion: 'v1', status: 'Failure', ...expected }, what)
    t.equal(answer.code, answer.body?.code, `${what}: the HTTP code is the same`)
  }
})

t.test('what a served version of a group does not have', async (t) => {
  for (const path of ['/api/v1/nothings', `${maps}/x/none`]) {
    const { body } = await admin.ask('GET', path)
    t.match(body, { code: 404, message: 'the server could not find the requested resource' }, path)
  }
})

t.test('paths that nobody serves', async (t) => {
  for (const path of ['/apis/none/v1', '/api/v9', '/elsewhere']) {
    const answer = await admin.ask('GET', path)
    t.equal(answer.code, 404, path)
    t.equal(answer.text, '404 page not found\n', path)
  }
})

t.test('unknown fields are warned of', async (t) => {
  const answer = await admin.ask('POST', `${maps}?dryRun=All`, { ...configMap('warned'), spec: { foo: 1 } })
  t.equal(answer.code, 201)
  t.equal(answer.headers.warning, '299 - "unknown field \\"spec\\""')
})

t.test('who is not known is told nothing', async (t) => {
  const { Agent, request } = await import('undici')
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => dispatcher.close())
  const ask = async (path: string, headers = {}) => {
    const { statusCode, body } = await request(server.url + path, { dispatcher, headers })
    return { code: statusCode, text: await body.text() }
  }
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) t.equal((await ask(path)).code, 200, path)
  for (const path of ['/healthz', '/version'])
    t.equal(
      (await ask(path, { authorization: 'Bearer nonsense' })).code,
      401,
      `${path} with a token that does not hold`,
    )
  for (const path of ['/', '/api', '/metrics', '/openid/v1/jwks', maps]) {
    const answer = await ask(path)
    t.equal(answer.code, 401, path)
    t.match(JSON.parse(answer.text), { reason: 'Unauthorized', message: 'Unauthorized' })
  }
  t.equal((await ask(maps, { authorization: 'Bearer nonsense' })).code, 401)
})

t.test('credentials of another cluster are not taken', async (t) => {
  const other = await startTestServer()
  t.teardown(() => other.stop())
  const { certificate, key } = await other.clientConfig()
  const { Agent, request } = await import('undici')
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false, cert: certificate, key } })
  t.teardown(() => dispatcher.close())
  const ask = async (url: string, headers = {}) => {
    const { statusCode, body } = await request(url + maps, { dispatcher, headers })
    await body.dump()
    return statusCode
  }
  t.equal(await ask(other.url), 200, 'a certificate, at home')
  t.equal(await ask(server.url), 401, 'a certificate, elsewhere')

  const there = await requestsOf(other)
  t.teardown(() => there.close())
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await there.ask('POST', accounts, { metadata: { name: 'robot' } })
  const { token } = (await there.ask('POST', `${accounts}/robot/token`, { spec: {} })).body.status
  const bearer = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => bearer.close())
  for (const [url, code] of [
    [other.url, 403],
    [server.url, 401],
  ] as const) {
    const { statusCode, body } = await request(url + maps, {
      dispatcher: bearer,
      headers: { authorization: `Bearer ${token}` },
    })
    await body.dump()
    t.equal(statusCode, code, code === 403 ? 'a token, at home: known, and may not' : 'a token, elsewhere: not known')
  }
})

t.test('who is known and may not', async (t) => {
  t.match((await bob.ask('GET', maps)).body, {
    code: 403,
    reason: 'Forbidden',
    message:
      'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"',
  })
  t.match((await bob.ask('GET', '/metrics')).body, { message: 'forbidden: User "bob" cannot get path "/metrics"' })
  t.equal((await bob.ask('GET', '/api')).code, 200, 'discovery is for everybody who is known')
})

t.test('rights that are granted count at once', async (t) => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
  const metadata = { name: 'reader' }
  await admin.ask('POST', `${rbac}/roles`, {
    metadata,
    rules: [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }],
  })
  await admin.ask('POST', `${rbac}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
  })
  t.equal((await bob.ask('GET', maps)).code, 200)
  const escalation = { metadata: { name: 'more' }, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] }
  await admin.ask('POST', `${rbac}/roles`, {
    metadata: { name: 'role-maker' },
    rules: [{ verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }],
  })
  await admin.ask('POST', `${rbac}/rolebindings`, {
    metadata: { name: 'role-maker' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role-maker' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
  })
  t.match((await bob.ask('POST', `${rbac}/roles`, escalation)).body, {
    code: 403,
    message:
      /^roles.rbac.authorization.k8s.io "more" is forbidden: user "bob" \(groups=\["dev" "system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:/,
  })
})

t.test('service account tokens', async (t) => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await admin.ask('POST', accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } })
  const issued = await admin.ask('POST', `${accounts}/robot/token`, { spec: { expirationSeconds: 600 } })
  t.equal(issued.code, 201)
  const { token } = issued.body.status
  const headers = { authorization: `Bearer ${token}` }

  const { Agent, request } = await import('undici')
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => dispatcher.close())
  const ask = (path: string) => request(server.url + path, { dispatcher, headers })
  const answer = await ask(maps)
  t.match(await answer.body.json(), {
    message: /^configmaps is forbidden: User "system:serviceaccount:default:robot" cannot list/,
  })
  const review = await admin.ask('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } })
  t.match(review.body.status, { authenticated: true, user: { username: 'system:serviceaccount:default:robot' } })
  await admin.ask('DELETE', `${accounts}/robot`)
  const after = await ask(maps)
  await after.body.dump()
  t.equal(after.statusCode, 401, 'the token ends with the account')
  t.match((await admin.ask('POST', `${accounts}/robot/token`, { spec: {} })).body, { code: 404 })
})

t.test('access reviews', async (t) => {
  const reviews = '/apis/authorization.k8s.io/v1'
  const resourceAttributes = { namespace: 'default', verb: 'list', resource: 'configmaps' }
  t.same((await bob.ask('POST', `${reviews}/selfsubjectaccessreviews`, { spec: { resourceAttributes } })).body.status, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "reader/default" of Role "reader" to User "bob"',
  })
  const other = await admin.ask('POST', `${reviews}/subjectaccessreviews`, {
    spec: { user: 'eve', resourceAttributes },
  })
  t.same(other.body.status, { allowed: false })
  const rules = await bob.ask('POST', `${reviews}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } })
  t.match(rules.body.status.resourceRules, [{}])
  const self = await bob.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {})
  t.same(self.body.status.userInfo, { username: 'bob', groups: ['dev', 'system:authenticated'] })
})

t.test('lists in pages, and as tables', async (t) => {
  for (const name of ['l1', 'l2', 'l3'])
    await admin.ask('POST', maps, { ...configMap(name), metadata: { name, labels: { list: 'yes' } } })
  const first = await admin.ask('GET', `${maps}?labelSelector=list%3Dyes&limit=2`)
  t.match(first.body, { kind: 'ConfigMapList', metadata: { continue: /./ }, items: [{ metadata: { name: 'l1' } }, {}] })
  const token = encodeURIComponent(first.body.metadata.continue)
  const second = await admin.ask('GET', `${maps}?labelSelector=list%3Dyes&limit=2&continue=${token}`)
  t.same(
    second.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['l3'],
  )
  const table = await admin.ask('GET', `${maps}?labelSelector=list%3Dyes`, undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  })
  t.match(table.body, {
    kind: 'Table',
    columnDefinitions: [{ name: 'Name', type: 'string', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
    rows: [{ cells: ['l1', 0], object: { kind: 'PartialObjectMetadata', metadata: { name: 'l1' } } }, {}, {}],
  })
  const gone = await admin.ask('DELETE', `${maps}?labelSelector=list%3Dyes`)
  t.equal(gone.body.items.length, 3)
  t.equal((await admin.ask('GET', `${maps}?labelSelector=list%3Dyes`)).body.items.length, 0)
})

t.test('pods get what admission gives them', async (t) => {
  const pods = '/api/v1/namespaces/default/pods'
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }
  t.match((await admin.ask('POST', pods, { ...pod, spec: { ...pod.spec, serviceAccountName: 'none' } })).body, {
    code: 403,
    message: 'pods "p" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
  })
  await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  const created = await admin.ask('POST', pods, pod)
  t.equal(created.code, 201)
  const { spec } = created.body
  t.match(spec, {
    serviceAccountName: 'default',
    priority: 0,
    tolerations: [{ key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 }, {}],
  })
  const [volume] = spec.volumes
  t.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/)
  t.match(spec.containers[0].volumeMounts, [
    { name: volume.name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
  ])

  const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } }
  t.match((await admin.ask('POST', `${pods}/p/binding`, binding)).body, {
    kind: 'Status',
    status: 'Success',
    code: 201,
  })
  t.match((await admin.ask('POST', `${pods}/p/binding`, binding)).body, {
    code: 409,
    message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
  })
  t.match((await admin.ask('GET', `${pods}/p`)).body, {
    metadata: { generation: 1 },
    spec: { nodeName: 'n1' },
    status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
  })
  t.match((await admin.ask('GET', `${pods}/p/log?container=x`)).body, {
    code: 400,
    message: 'container x is not valid for pod p',
  })
  t.match((await admin.ask('GET', `${pods}/p/log`)).body, { code: 404, message: 'nodes "n1" not found' })
  const evicted = await admin.ask('POST', `${pods}/p/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: 'p' },
  })
  t.match(evicted.body, { status: 'Success' })
  t.match(
    (await admin.ask('GET', `${pods}/p`)).body,
    { metadata: { deletionGracePeriodSeconds: 30 } },
    'it has its grace',
  )
  await admin.ask('DELETE', `${pods}/p?gracePeriodSeconds=0`)
  t.equal((await admin.ask('GET', `${pods}/p`)).code, 404)
})

t.test('scale', async (t) => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const labels = { app: 'web' }
  await admin.ask('POST', deployments, {
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  const scale = await admin.ask('GET', `${deployments}/web/scale`)
  t.match(scale.body, {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    spec: { replicas: 2 },
    status: { replicas: 0, selector: 'app=web' },
  })
  const scaled = await admin.ask('PUT', `${deployments}/web/scale`, { ...scale.body, spec: { replicas: 5 } })
  t.equal(scaled.body.spec.replicas, 5)
  t.match((await admin.ask('GET', `${deployments}/web`)).body, { metadata: { generation: 2 }, spec: { replicas: 5 } })
  const patched = await admin.ask(
    'PATCH',
    `${deployments}/web/scale`,
    { spec: { replicas: 1 } },
    { type: 'application/merge-patch+json' },
  )
  t.equal(patched.body.spec.replicas, 1)
})

t.test('what every cluster has from the start', async (t) => {
  const has: [string, object][] = [
    ['/api/v1/namespaces/kube-system', { status: { phase: 'Active' } }],
    ['/api/v1/namespaces/kube-public', {}],
    ['/api/v1/namespaces/kube-node-lease', {}],
    ['/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical', { value: 2_000_001_000 }],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin', { rules: [{ verbs: ['*'] }, {}] }],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles/view', { aggregationRule: {}, rules: [{}] }],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:kube-scheduler',
      { subjects: [{ name: 'system:kube-scheduler' }] },
    ],
    ['/api/v1/namespaces/default/services/kubernetes', { spec: { clusterIP: '10.96.0.1', ports: [{ port: 443 }] } }],
    ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', { addressType: 'IPv4' }],
    ['/version', { major: '1', minor: '36' }],
  ]
  for (const [path, expected] of has) t.match((await admin.ask('GET', path)).body, expected, path)
  const { addresses } = (
    await admin.ask('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes')
  ).body.endpoints[0]
  t.notMatch(addresses[0], /^127\./, 'an endpoint that pods can reach')
})

t.test('metrics', async (t) => {
  const { text } = await admin.ask('GET', '/metrics')
  t.match(
    text,
    /apiserver_request_total\{verb="POST",dry_run="",group="",version="v1",resource="configmaps".*code="201"\} \d+/,
  )
  t.match(text, /apiserver_request_duration_seconds_bucket/)
  await admin.ask('GET', '/readyz')
  const slis = (await admin.ask('GET', '/metrics/slis')).text
  t.match(slis, /kubernetes_healthcheck{name="etcd",type="readyz"} 1\n/)
})

t.test('everything is there after a restart', async (t) => {
  await admin.ask('POST', maps, configMap('kept', { a: '1' }))
  const before = await admin.ask('GET', `${maps}/kept`)
  await server.restart()
  const after = await admin.ask('GET', `${maps}/kept`)
  t.same(after.body, before.body)
})
