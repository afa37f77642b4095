import {
  createCertificateAuthority,
  createCertificateRequest,
  loadCertificateAuthority,
  signCertificateRequest,
} from '@tandem/component-base/tls/index'
import t from 'tap'
import { startTestServer } from '../src/testing/server.ts'
import { requestsOf } from './request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
const jane = await requestsOf(server, { name: 'jane', groups: ['team'] })
t.teardown(async () => {
  await Promise.all([admin.close(), jane.close()])
  await server.stop()
})

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const base64 = (text: string) => Buffer.from(text).toString('base64')
const signerName = 'example.com/good'
const pem = (await createCertificateRequest({ commonName: 'jane', organizations: ['team'] })).request
const draft = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { request: base64(pem), signerName, usages: ['client auth'], ...spec },
})
const approved = { type: 'Approved', status: 'True', reason: 'Known', message: 'she is' }
const grantJane = async (name: string, rules: object[]) => {
  await admin.ask('POST', `${rbac}/clusterroles`, { metadata: { name }, rules })
  await admin.ask('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
  })
}
const group = { apiGroups: ['certificates.k8s.io'] }
await grantJane('asks', [
  {
    ...group,
    resources: [
      'certificatesigningrequests',
      'certificatesigningrequests/approval',
      'certificatesigningrequests/status',
    ],
    verbs: ['*'],
  },
])

t.test('who asks is told by the server, and nothing is approved from the start', async (t) => {
  const sent = {
    ...draft('hers', { username: 'admin', groups: ['system:masters'] }),
    status: { conditions: [approved] },
  }
  const { code, body } = await jane.ask('POST', requests, sent)
  t.equal(code, 201)
  t.match(body.spec, { username: 'jane', groups: ['team', 'system:authenticated'], signerName })
  t.strictSame(body.status, {})
})

t.test('applied, it is hers too', async (t) => {
  const { body } = await jane.ask(
    'PATCH',
    `${requests}/applied?fieldManager=test`,
    { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', ...draft('applied') },
    { type: 'application/apply-patch+yaml' },
  )
  t.equal(body.spec?.username, 'jane')
})

t.test('approval and signing need the right for the signer', async (t) => {
  await jane.ask('POST', requests, draft('walk'))
  const approve = async () => {
    const { body } = await jane.ask('GET', `${requests}/walk/approval`)
    return jane.ask('PUT', `${requests}/walk/approval`, { ...body, status: { conditions: [approved] } })
  }
  t.match((await approve()).body, {
    code: 403,
    message: `certificatesigningrequests.certificates.k8s.io "walk" is forbidden: user not permitted to approve requests with signerName "${signerName}"`,
  })
  await grantJane('signer', [
    { ...group, resources: ['signers'], resourceNames: ['example.com/*'], verbs: ['approve'] },
  ])
  await t.resolves(
    (async () => {
      for (let tries = 0; (await approve()).code !== 200; tries++) if (tries > 50) throw new Error('not approved')
    })(),
  )
  const after = (await admin.ask('GET', `${requests}/walk`)).body
  t.match(after.status.conditions, [{ ...approved, lastUpdateTime: /Z$/, lastTransitionTime: /Z$/ }])

  const authority = await createCertificateAuthority({ commonName: 'good' })
  const certificate = base64(
    await signCertificateRequest(await loadCertificateAuthority(authority), pem, { usages: ['client auth'] }),
  )
  const sign = (who: typeof admin, signed: string) =>
    who.ask(
      'PATCH',
      `${requests}/walk/status`,
      { status: { certificate: signed } },
      { type: 'application/merge-patch+json' },
    )
  t.match((await sign(jane, certificate)).body, {
    code: 403,
    message: /user not permitted to sign requests with signerName "example.com\/good"/,
  })
  t.match((await sign(admin, base64('junk'))).body, {
    code: 422,
    message: /status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block/,
  })
  t.equal((await sign(admin, certificate)).body.status.certificate, certificate)
  t.match((await sign(admin, base64(authority.certificate))).body, {
    code: 422,
    message: /updates may not modify existing certificate content/,
  })
  const table = await admin.ask('GET', requests, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  t.match(
    table.body.rows.map(({ cells }: { cells: unknown[] }) => [cells[0], cells[2], cells[3], cells[5]]),
    [
      ['applied', signerName, 'jane', 'Pending'],
      ['hers', signerName, 'jane', 'Pending'],
      ['walk', signerName, 'jane', 'Approved,Issued'],
    ],
  )
  const selected = await admin.ask('GET', `${requests}?fieldSelector=spec.signerName%3Dexample.com%2Fother`)
  t.strictSame(selected.body.items, [])
})

t.test('nobody asks for system:masters', async (t) => {
  const { request } = await createCertificateRequest({ commonName: 'root', organizations: ['system:masters'] })
  const spec = { request: base64(request), signerName: 'kubernetes.io/kube-apiserver-client' }
  t.match((await admin.ask('POST', requests, draft('masters', spec))).body, {
    code: 403,
    message: /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed/,
  })
})
