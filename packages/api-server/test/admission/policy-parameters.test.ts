import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const jane = await requestsOf(server, { name: 'jane' })
t.teardown(async () => {
  await Promise.all([admin.close(), jane.close()])
  await server.stop()
})

const group = 'admissionregistration.k8s.io'
const policies = `/apis/${group}/v1/validatingadmissionpolicies`
const bindings = `/apis/${group}/v1/validatingadmissionpolicybindings`
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const grant = async (name: string, rules: object[]) => {
  await admin.ask('POST', `${rbac}/clusterroles`, { metadata: { name }, rules })
  await admin.ask('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
  })
}
const policy = {
  metadata: { name: 'demo' },
  spec: {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: {
      resourceRules: [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['*'] }],
    },
    validations: [{ expression: 'params.data.ok == "yes"' }],
  },
}
const binding = {
  metadata: { name: 'demo' },
  spec: {
    policyName: 'demo',
    validationActions: ['Deny'],
    paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' },
  },
}
const until = async (path: string, body: object) => {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await jane.ask('POST', path, body)
    if (answer.code === 201) return answer.code
  }
  return undefined
}

t.test('parameters are readable to whoever names them', async (t) => {
  await grant('policies', [{ apiGroups: [group], resources: ['*'], verbs: ['*'] }])
  const withoutParameters = structuredClone(policy) as { metadata: object; spec: Record<string, unknown> }
  withoutParameters.metadata = { name: 'plain' }
  withoutParameters.spec.validations = [{ expression: 'true' }]
  delete withoutParameters.spec.paramKind
  t.equal(await until(policies, withoutParameters), 201)
  t.match((await jane.ask('POST', policies, policy)).body, {
    code: 422,
    message:
      /spec.paramKind: Forbidden: user jane must have "get" permission on all objects of the referenced paramKind \(kind=ConfigMap, apiVersion=v1\)/,
  })
  await admin.ask('POST', policies, policy)
  t.match((await jane.ask('POST', bindings, binding)).body, {
    code: 422,
    message: /spec.paramRef: Forbidden: user jane does not have "get" permission on the object referenced by paramRef/,
  })
  await grant('reader', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }])
  t.equal(await until(bindings, binding), 201)
  t.equal((await admin.ask('GET', `${policies}/demo`)).body.spec.failurePolicy, 'Fail')
})
