import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const n1 = await requestsOf(server, { name: 'system:node:n1', groups: ['system:nodes'] })
t.teardown(async () => {
  await Promise.all([admin.close(), n1.close()])
  await server.stop()
})

const pods = '/api/v1/namespaces/default/pods'
const spec = (nodeName: string) => ({ nodeName, serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] })
await admin.ask('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } })
for (const node of ['n1', 'n2']) await admin.ask('POST', pods, { metadata: { name: `on-${node}` }, spec: spec(node) })
const uidOf = async (name: string) => (await admin.ask('GET', `${pods}/${name}`)).body.metadata.uid
const token = async (name: string) => ({
  spec: { audiences: [], boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid: await uidOf(name) } },
})
const tokens = '/api/v1/namespaces/default/serviceaccounts/robot/token'
const merge = { type: 'application/merge-patch+json' }

t.test('a kubelet registers its own node alone', async (t) => {
  t.match((await n1.ask('POST', '/api/v1/nodes', { metadata: { name: 'n2' } })).body, {
    code: 403,
    message: 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  })
  const labels = { 'kubernetes.io/hostname': 'n1', 'node-restriction.kubernetes.io/x': 'y' }
  t.match((await n1.ask('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels } })).body, {
    code: 403,
    message:
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
  })
  const created = await n1.ask('POST', '/api/v1/nodes', {
    metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } },
  })
  t.equal(created.code, 201)
  t.match(created.body.spec.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
  t.match((await n1.ask('PATCH', '/api/v1/nodes/n1', { spec: { taints: null } }, merge)).body, {
    message: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  })
  t.equal(
    (await n1.ask('PATCH', '/api/v1/nodes/n1/status', { status: { nodeInfo: { kubeletVersion: 'v1' } } }, merge)).code,
    200,
  )
})

t.test('pods of its own, and no others', async (t) => {
  t.equal((await n1.ask('PATCH', `${pods}/on-n1/status`, { status: { phase: 'Running' } }, merge)).code, 200)
  t.match((await n1.ask('PATCH', `${pods}/on-n2/status`, { status: { phase: 'Running' } }, merge)).body, {
    message:
      'pods "on-n2" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  })
  t.match((await n1.ask('DELETE', `${pods}/on-n2`)).body, {
    message: 'pods "on-n2" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
  })
  t.match((await n1.ask('POST', pods, { metadata: { name: 'x' }, spec: spec('n1') })).body, {
    message:
      'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  })
})

t.test('tokens for its pods alone', async (t) => {
  t.match((await n1.ask('POST', tokens, { spec: {} })).body, {
    code: 403,
    message: /node requested token not bound to a pod/,
  })
  t.match((await n1.ask('POST', tokens, await token('on-n2'))).body, {
    code: 403,
    message: /node requested token bound to a pod scheduled on a different node/,
  })
  const issued = await n1.ask('POST', tokens, await token('on-n1'))
  t.equal(issued.code, 201)
  const [, payload = ''] = issued.body.status.token.split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), {
    sub: 'system:serviceaccount:default:robot',
    'kubernetes.io': { pod: { name: 'on-n1' }, node: { name: 'n1' }, serviceaccount: { name: 'robot' } },
  })
})

t.test('its own lease', async (t) => {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  t.equal((await n1.ask('POST', leases, { metadata: { name: 'n1' } })).code, 201)
  t.match((await n1.ask('POST', leases, { metadata: { name: 'n2' } })).body, {
    code: 403,
    message: /can only access node lease with the same name as the requesting node/,
  })
})

t.test('its own CSINode', async (t) => {
  const csiNodes = '/apis/storage.k8s.io/v1/csinodes'
  t.equal((await n1.ask('POST', csiNodes, { metadata: { name: 'n1' }, spec: { drivers: [] } })).code, 201)
  t.match((await n1.ask('POST', csiNodes, { metadata: { name: 'n2' }, spec: { drivers: [] } })).body, {
    code: 403,
    message: /can only access CSINode with the same name as the requesting node/,
  })
})
