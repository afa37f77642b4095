import { subjectAccessReviews } from '@tandem/api/authorization/v1/subjectaccessreview'
import type { SubjectAccessReview } from '@tandem/api/authorization/v1/types'
import { parseCertificateRequest } from '@tandem/api/certificates/v1/certificate-request'
import { certificateSigningRequests } from '@tandem/api/certificates/v1/certificatesigningrequest'
import { kubeletClientFault } from '@tandem/api/certificates/v1/kubelet-request'
import { hasCondition } from '@tandem/api/certificates/v1/request-conditions'
import { signerNames } from '@tandem/api/certificates/v1/signer-name'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import type { Client } from '@tandem/client'
import { type Controller, TerminalError } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'

/** A request that was recognized may be allowed later, when somebody binds a role. */
const askAgainMs = 60_000

/** Approves the requests of kubelets for client certificates, if whoever asks is allowed to ask for one of a node, or of itself. */
export const controller: Controller<CertificateSigningRequest> = {
  name: 'certificatesigningrequest-approving-controller',
  role: 'certificate-controller',
  for: certificateSigningRequests,
  permissions: [
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/approval'], verbs: ['update'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: [signerNames.kubeAPIServerClientKubelet],
      verbs: ['approve'],
    },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ],
  async reconcile({ name }, { client, informer, logger }) {
    const request = informer(certificateSigningRequests).get({ name })
    if (!request || request.status?.certificate) return undefined
    if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return undefined
    const kinds = recognize(request)
    for (const { subresource, message } of kinds) {
      if (!(await isAllowed(client, request, subresource))) continue
      await approve(client, request, message)
      return undefined
    }
    if (kinds.length === 0) return undefined
    const tried = kinds.map(({ subresource }) => subresource)
    logger.debug({ request: name, tried }, 'recognized, but subject access review was not approved')
    return { requeueAfter: askAgainMs }
  },
}

interface Recognized {
  subresource: 'selfnodeclient' | 'nodeclient'
  message: string
}

/** What this is a request of, the narrower first. */
function recognize({ metadata, spec }: CertificateSigningRequest): Recognized[] {
  if (spec.signerName !== signerNames.kubeAPIServerClientKubelet) return []
  const parsed = parse(metadata.name, spec.request)
  if (kubeletClientFault(parsed, spec.usages)) return []
  const node: Recognized = {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  }
  const self: Recognized = {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  }
  return spec.username === parsed.commonName ? [self, node] : [node]
}

function parse(name: string, request: string) {
  try {
    return parseCertificateRequest(request)
  } catch (error) {
    throw new TerminalError(`unable to parse csr ${JSON.stringify(name)}: ${messageOf(error)}`)
  }
}

async function isAllowed(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username, uid, groups, extra } = spec
  const review = await client.create(subjectAccessReviews, {
    metadata: {},
    spec: {
      ...(username && { user: username }),
      ...(uid && { uid }),
      ...(groups && { groups }),
      ...(extra && { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
        version: '*',
      },
    },
  } as unknown as SubjectAccessReview)
  return review.status?.allowed ?? false
}

async function approve(client: Client, request: CertificateSigningRequest, message: string): Promise<void> {
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message }
  const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] }
  await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'approval' })
}
