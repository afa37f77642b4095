import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateSigningRequests } from '@tandem/api/certificates/v1/certificatesigningrequest'
import type { KeyUsage } from '@tandem/api/certificates/v1/types'
import { createCertificateAuthority, createCertificateRequest } from '@tandem/component-base/tls/index'
import t from 'tap'
import { startTestCluster } from './cluster.ts'

const directory = t.testdir()
const authority = await createCertificateAuthority({ commonName: 'kubernetes' })
const files = { certificate: join(directory, 'ca.crt'), key: join(directory, 'ca.key') }
await writeFile(files.certificate, authority.certificate)
await writeFile(files.key, authority.key, { mode: 0o600 })
const cluster = await startTestCluster({
  controllers: [
    'certificatesigningrequest-approving-controller',
    'certificatesigningrequest-signing-controller',
    'certificatesigningrequest-cleaner-controller',
  ],
  settings: { 'cluster-signing-cert-file': files.certificate, 'cluster-signing-key-file': files.key },
})
const { client, eventually } = cluster
t.teardown(() => cluster.stop())

interface Asked {
  name: string
  signerName: string
  subject: Parameters<typeof createCertificateRequest>[0]
  usages: KeyUsage[]
}

async function ask({ name, signerName, subject, usages }: Asked) {
  const { request } = await createCertificateRequest(subject)
  return client.create(certificateSigningRequests, {
    metadata: { name },
    spec: { request: Buffer.from(request).toString('base64'), signerName: `kubernetes.io/${signerName}`, usages },
  })
}
const approve = async (name: string) => {
  const request = await client.get(certificateSigningRequests, { name })
  const status = { ...request.status, conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] }
  await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'approval' })
}
const issued = (name: string) =>
  eventually(async () => {
    const { status } = await client.get(certificateSigningRequests, { name })
    if (!status?.certificate) throw new Error('not issued')
    return new X509Certificate(Buffer.from(status.certificate, 'base64'))
  })
const node = { commonName: 'system:node:n1', organizations: ['system:nodes'] }

t.test("a kubelet's client certificate is approved and signed with nobody's help", async (t) => {
  const usages: KeyUsage[] = ['client auth', 'digital signature']
  await ask({ name: 'node', signerName: 'kube-apiserver-client-kubelet', subject: node, usages })
  const certificate = await issued('node')
  t.ok(certificate.verify(new X509Certificate(authority.certificate).publicKey))
  t.equal(certificate.subject, 'O=system:nodes\nCN=system:node:n1')
  t.strictSame(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  const { status } = await client.get(certificateSigningRequests, { name: 'node' })
  t.match(status?.conditions, [
    { reason: 'AutoApproved', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
  ])
})

t.test('others are signed once somebody approves', async (t) => {
  const subject = { ...node, dnsNames: ['n1.example'], ipAddresses: ['10.0.0.1'] }
  await ask({ name: 'serving', signerName: 'kubelet-serving', subject, usages: ['server auth', 'digital signature'] })
  await approve('serving')
  const certificate = await issued('serving')
  t.equal(certificate.subjectAltName, 'DNS:n1.example, IP Address:10.0.0.1')
  t.equal(certificate.ca, false)
})

t.test('what a signer does not sign fails for good', async (t) => {
  const subject = { commonName: 'jane' }
  await ask({ name: 'odd', signerName: 'kube-apiserver-client', subject, usages: ['client auth', 'code signing'] })
  await approve('odd')
  await eventually(async () => {
    const { status } = await client.get(certificateSigningRequests, { name: 'odd' })
    const failed = status?.conditions?.find(({ type }) => type === 'Failed')
    if (!failed) throw new Error('not failed')
    t.match(failed, {
      reason: 'SignerValidationFailure',
      message: 'invalid usage for client certificate: code signing',
    })
  })
})

t.test('what is over goes', async (t) => {
  await ask({ name: 'old', signerName: 'kubelet-serving', subject: node, usages: ['server auth'] })
  const request = await client.get(certificateSigningRequests, { name: 'old' })
  const lastUpdateTime = '2026-01-01T00:00:00Z'
  const status = { conditions: [{ type: 'Denied', status: 'True', lastUpdateTime }] }
  await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'approval' })
  await t.resolves(
    eventually(async () => {
      const { items } = await client.list(certificateSigningRequests)
      if (items.some(({ metadata }) => metadata.name === 'old')) throw new Error('still there')
    }),
  )
})
