import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const driver = await requestsOf(server, { name: 'driver' })
t.teardown(async () => {
  await Promise.all([admin.close(), driver.close()])
  await server.stop()
})

const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const merge = { type: 'application/merge-patch+json' }
const claim = (name: string, exactly: object = {}) => ({
  metadata: { name },
  spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', ...exactly } }] } },
})
const grant = async (name: string, rules: object[]) => {
  await admin.ask('POST', `${rbac}/clusterroles`, { metadata: { name }, rules })
  await admin.ask('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'driver' }],
  })
}
const rule = (resources: string[], verbs: string[]) => ({ apiGroups: ['resource.k8s.io'], resources, verbs })
const eventually = async (status: object) => {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await driver.ask('PATCH', `${claims}/mine/status`, { status }, merge)
    if (answer.code !== 403) return answer
  }
  throw new Error('the role is not there')
}

t.test('admin access needs the consent of the namespace', async (t) => {
  t.match((await admin.ask('POST', claims, claim('all', { adminAccess: true }))).body, {
    code: 422,
    message:
      /spec.devices.requests\[0\].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io\/admin-access: true` label on the containing namespace/,
  })
  const labels = { 'resource.kubernetes.io/admin-access': 'true' }
  await admin.ask('PATCH', '/api/v1/namespaces/default', { metadata: { labels } }, merge)
  t.equal((await admin.ask('POST', claims, claim('all', { adminAccess: true }))).code, 201)
})

t.test('who may allocate, and who may tell of devices', async (t) => {
  await admin.ask('POST', claims, claim('mine'))
  await grant('status', [rule(['resourceclaims/status'], ['*'])])
  const device = { driver: 'gpu.example.com', pool: 'n1', device: 'a' }
  const allocation = { devices: { results: [{ request: 'gpu', ...device }] } }
  t.match((await eventually({ allocation })).body, {
    code: 422,
    message:
      /status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims\/binding"/,
  })
  t.equal((await admin.ask('PATCH', `${claims}/mine/status`, { status: { allocation } }, merge)).code, 200)
  const told = { devices: [{ ...device, data: { speed: 1 } }] }
  t.match((await eventually(told)).body, {
    code: 422,
    message: /status.devices: Forbidden: changing status.devices requires resource="resourceclaims\/driver"/,
  })
  const driverRule = { ...rule(['resourceclaims/driver'], ['arbitrary-node:patch', 'arbitrary-node:update']) }
  await grant('driver', [{ ...driverRule, resourceNames: ['gpu.example.com'] }])
  let answer = await eventually(told)
  for (let tries = 0; answer.code !== 200 && tries < 100; tries++) answer = await eventually(told)
  t.match(answer.body.status, told)
})
