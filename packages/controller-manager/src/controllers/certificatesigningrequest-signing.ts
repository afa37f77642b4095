import { readFile } from 'node:fs/promises'
import { parseCertificateRequest } from '@tandem/api/certificates/v1/certificate-request'
import { certificateSigningRequests } from '@tandem/api/certificates/v1/certificatesigningrequest'
import { hasCondition, isApproved } from '@tandem/api/certificates/v1/request-conditions'
import { signerNames } from '@tandem/api/certificates/v1/signer-name'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import type { Controller } from '@tandem/controller-runtime'
import { signers, validityOf } from '../certificates/signers.ts'
import { timestamp } from '../timestamp.ts'

const aYearMs = 365 * 24 * 3_600_000

/**
 * Signs what was approved for one of Kubernetes' own signers. Reads `cluster-signing-cert-file` and `cluster-signing-key-file`, anew for
 * each request so that a new authority is used from when it is there, and `cluster-signing-duration`.
 */
export const controller: Controller<CertificateSigningRequest> = {
  name: 'certificatesigningrequest-signing-controller',
  role: 'certificate-controller',
  for: certificateSigningRequests,
  permissions: [
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/status'], verbs: ['update'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: Object.values(signerNames),
      verbs: ['sign'],
    },
  ],
  async reconcile({ name }, { client, clock, informer, settings }) {
    const request = informer(certificateSigningRequests).get({ name })
    if (!request || request.status?.certificate) return undefined
    if (!isApproved(request) || hasCondition(request, 'Failed')) return undefined
    const check = signers[request.spec.signerName]
    const files = authorityFiles(settings)
    if (!check || !files) return undefined

    const fault = check(parseCertificateRequest(request.spec.request), request.spec.usages)
    const status = fault
      ? failed(request, { fault, at: timestamp(clock.now()) })
      : { ...request.status, certificate: await sign(request, { files, settings, now: clock.now() }) }
    await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'status' })
    return undefined
  },
}

interface AuthorityFiles {
  certificate: string
  key: string
}

function authorityFiles(settings: Readonly<Record<string, string | undefined>>): AuthorityFiles | undefined {
  const { 'cluster-signing-cert-file': certificate, 'cluster-signing-key-file': key } = settings
  return certificate && key ? { certificate, key } : undefined
}

interface Signing {
  files: AuthorityFiles
  settings: Readonly<Record<string, string | undefined>>
  now: number
}

async function sign({ spec }: CertificateSigningRequest, { files, settings, now }: Signing): Promise<string> {
  // Most clusters are asked for no certificate, and what makes them is a quarter of this program.
  const { loadCertificateAuthority, signWithPolicy } = await import('@tandem/component-base/tls/index')
  const [certificate, key] = await Promise.all([readFile(files.certificate, 'utf8'), readFile(files.key, 'utf8')])
  const authority = await loadCertificateAuthority({ certificate, key })
  const longest = Number(settings['cluster-signing-duration'] ?? aYearMs)
  const pem = await signWithPolicy(authority, Buffer.from(spec.request, 'base64').toString(), {
    usages: spec.usages ?? [],
    ...validityOf(spec.expirationSeconds, { now, longest }),
  })
  return Buffer.from(pem).toString('base64')
}

const failed = ({ status }: CertificateSigningRequest, { fault, at }: { fault: string; at: string }) => ({
  ...status,
  conditions: [
    ...(status?.conditions ?? []),
    { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: fault, lastUpdateTime: at },
  ],
})
