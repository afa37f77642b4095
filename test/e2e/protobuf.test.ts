import { join } from 'node:path'
import t from 'tap'
import { clusterRoot, kubectlFor, sampleImage } from './kubectl.ts'
import { upstreamMessages } from './protobuf/descriptors.ts'
import { type Message, ProtobufClient, protobufType } from './protobuf/protobuf-client.ts'

const client = new ProtobufClient(join(clusterRoot(), 'staging', 'admin.conf'), upstreamMessages())
const namespace = 'protobuf'
const kubectl = kubectlFor({ cluster: 'staging', namespace })
t.teardown(async () => {
  client.close()
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false')
})

const core = `/api/v1/namespaces/${namespace}`
const maps = `${core}/configmaps`
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`
const map = (name: string, more: Message = {}) => client.encode('v1', 'ConfigMap', { metadata: { name }, ...more })

t.before(async () => {
  const { code, kind, object } = await client.ask('POST', '/api/v1/namespaces', {
    body: client.encode('v1', 'Namespace', { metadata: { name: namespace } }),
  })
  t.match({ code, kind, object }, { code: 201, kind: 'Namespace', object: { status: { phase: 'Active' } } })
})

t.test('one object from its creation to its end', async (t) => {
  const created = await client.ask('POST', maps, {
    body: map('life', { data: { a: '1' }, binaryData: { b: Buffer.from([0, 255]) }, immutable: false }),
  })
  t.match(created, { code: 201, apiVersion: 'v1', kind: 'ConfigMap', object: { data: { a: '1' }, immutable: false } })
  t.same(created.object.binaryData.b, Buffer.from([0, 255]))
  const read = await client.ask('GET', `${maps}/life`)
  t.same(read.object, created.object, 'reads what was written')
  t.equal(JSON.parse(await kubectl('get', 'configmap', 'life', '-o', 'json')).data.a, '1')

  const { metadata } = read.object
  const changed = await client.ask('PUT', `${maps}/life`, { body: map('life', { metadata, data: { a: '2' } }) })
  t.match(changed, { code: 200, object: { data: { a: '2' } } })
  t.same(await client.ask('PUT', `${maps}/life`, { body: map('life', { metadata, data: { a: '3' } }) }), {
    code: 409,
    apiVersion: 'v1',
    kind: 'Status',
    object: {
      metadata: { selfLink: '', resourceVersion: '', continue: '' },
      status: 'Failure',
      message:
        'Operation cannot be fulfilled on configmaps "life": the object has been modified; please apply your changes to the latest version and try again',
      reason: 'Conflict',
      details: { name: 'life', group: '', kind: 'configmaps', causes: [], retryAfterSeconds: 0, uid: '' },
      code: 409,
    },
  })
  const merged = await client.ask('PATCH', `${maps}/life`, {
    body: Buffer.from('{"data":{"b":"1"}}'),
    contentType: 'application/merge-patch+json',
  })
  t.match(merged, { code: 200, object: { data: { a: '2', b: '1' } } })
  const options = client.encode('v1', 'DeleteOptions', { preconditions: { uid: 'other' } })
  t.match(await client.ask('DELETE', `${maps}/life`, { body: options }), { code: 409, kind: 'Status' })
  const uid = client.encode('v1', 'DeleteOptions', { preconditions: { uid: metadata.uid } })
  t.match(await client.ask('DELETE', `${maps}/life`, { body: uid }), { code: 200, object: { status: 'Success' } })
  t.match(await client.ask('GET', `${maps}/life`), { code: 404, object: { reason: 'NotFound' } })
})

t.test('lists, in pages and by selectors, and the end of a collection', async (t) => {
  for (const name of ['l1', 'l2', 'l3'])
    await client.ask('POST', maps, { body: map(name, { metadata: { name, labels: { list: 'yes' } } }) })
  const names = ({ object }: { object: Message }) => object.items.map(({ metadata }: Message) => metadata.name)
  const first = await client.ask('GET', `${maps}?labelSelector=list&limit=2`)
  t.match(first, { code: 200, kind: 'ConfigMapList' })
  t.same(names(first), ['l1', 'l2'])
  const rest = await client.ask('GET', `${maps}?labelSelector=list&continue=${first.object.metadata.continue}`)
  t.same(names(rest), ['l3'])
  const partial = await client.ask('GET', `${maps}?labelSelector=list`, {
    accept: `${protobufType};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`,
  })
  t.equal(partial.kind, 'PartialObjectMetadataList')
  t.same(names(partial), ['l1', 'l2', 'l3'])
  const deleted = await client.ask('DELETE', `${maps}?labelSelector=list`, {
    body: client.encode('v1', 'DeleteOptions', {}),
  })
  t.same(names(deleted), ['l1', 'l2', 'l3'])
  t.same(names(await client.ask('GET', `${maps}?labelSelector=list`)), [])
})

t.test('a watch, from what there is to what happens', async (t) => {
  await client.ask('POST', maps, { body: map('w1') })
  const events = client.watch(
    `${maps}?watch=1&fieldSelector=metadata.name!%3Dkube-root-ca.crt&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  )
  const next = async () => {
    const { value } = await events.next()
    return value ? `${value.type} ${value.kind} ${value.object.metadata.name}` : 'the end'
  }
  t.equal(await next(), 'ADDED ConfigMap w1')
  t.equal(await next(), 'BOOKMARK ConfigMap ')
  await client.ask('PUT', `${maps}/w1`, { body: map('w1', { data: { a: '1' } }) })
  t.equal(await next(), 'MODIFIED ConfigMap w1')
  await client.ask('DELETE', `${maps}/w1`)
  t.equal(await next(), 'DELETED ConfigMap w1')
  await events.return(undefined)
})

t.test('a Deployment runs, is scaled and evicted', async (t) => {
  const labels = { app: 'proto' }
  const container = {
    name: 'c',
    image: sampleImage,
    command: ['sleep', '3600'],
    resources: { requests: { cpu: { string: '10m' }, memory: { string: '16Mi' } } },
    ports: [{ containerPort: 8080 }],
  }
  const spec = {
    replicas: 1,
    selector: { matchLabels: labels },
    strategy: { rollingUpdate: { maxSurge: { type: 1, strVal: '50%' }, maxUnavailable: { type: 0, intVal: 0 } } },
    template: { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 1 } },
  }
  const body = client.encode('apps/v1', 'Deployment', { metadata: { name: 'proto' }, spec })
  const created = await client.ask('POST', deployments, { body })
  t.match(created, {
    code: 201,
    object: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: { strVal: '50%' } } } } },
  })
  t.ok(Math.abs(created.object.metadata.creationTimestamp.seconds - Date.now() / 1000) < 60, 'times are seconds')
  const { resourceVersion } = created.object.metadata
  const available = async () => {
    for await (const { object } of client.watch(`${deployments}?watch=1&resourceVersion=${resourceVersion}`))
      if (object.status?.availableReplicas === 1) return object
    throw new Error('the watch ended')
  }
  t.match(await available(), { status: { readyReplicas: 1, conditions: [{ status: 'True' }, {}] } })
  const pods = await client.ask('GET', `${core}/pods?labelSelector=app%3Dproto`)
  const [pod] = pods.object.items
  t.match(pod, {
    status: { phase: 'Running' },
    spec: { containers: [{ resources: { requests: { cpu: { string: '10m' } } } }] },
  })

  const scale = await client.ask('GET', `${deployments}/proto/scale`)
  t.match(scale, {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    object: { spec: { replicas: 1 }, status: { selector: 'app=proto' } },
  })
  const name = pod.metadata.name
  const eviction = client.encode('policy/v1', 'Eviction', { metadata: { name, namespace } })
  t.match(await client.ask('POST', `${core}/pods/${name}/eviction`, { body: eviction }), {
    code: 201,
    object: { status: 'Success' },
  })
  const none = client.encode('autoscaling/v1', 'Scale', { ...scale.object, spec: { replicas: 0 } })
  t.match(await client.ask('PUT', `${deployments}/proto/scale`, { body: none }), { code: 200 })
  const token = client.encode('authentication.k8s.io/v1', 'TokenRequest', { spec: { expirationSeconds: 600 } })
  const issued = await client.ask('POST', `${core}/serviceaccounts/default/token`, { body: token })
  t.match(issued, { code: 201, object: { status: { token: /^eyJ/ } } })
})

t.test('failures are told in protobuf too', async (t) => {
  const rows: [what: string, answer: ReturnType<typeof client.ask>, expected: object][] = [
    [
      'a bad name',
      client.ask('POST', maps, { body: map('Bad_Name') }),
      {
        code: 422,
        object: { reason: 'Invalid', details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }] } },
      },
    ],
    [
      'another kind',
      client.ask('POST', maps, { body: client.encode('v1', 'Secret', { metadata: { name: 'x' } }) }),
      { code: 400, object: { reason: 'BadRequest' } },
    ],
    ['no envelope', client.ask('POST', maps, { body: Buffer.from('hello') }), { code: 400 }],
    ['a body cut short', client.ask('POST', maps, { body: map('short').subarray(0, -3) }), { code: 400 }],
    ['an unknown type', client.ask('POST', maps, { body: Buffer.from('a'), contentType: 'text/plain' }), { code: 415 }],
    ['no such resource', client.ask('GET', '/api/v1/nothings'), { code: 404 }],
    ['no such verb', client.ask('POST', `${maps}/x`, { body: map('x') }), { code: 405 }],
  ]
  for (const [what, answer, expected] of rows) t.match(await answer, { kind: 'Status', ...expected }, what)
})

t.test('what is served, in protobuf', async (t) => {
  const rows: [path: string, kind: string][] = [
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/apps', 'APIGroup'],
    ['/apis/apps/v1', 'APIResourceList'],
  ]
  for (const [path, kind] of rows) t.match(await client.ask('GET', path), { code: 200, kind }, path)
})
