import { certificateSigningRequests } from '@tandem/api/certificates/v1/certificatesigningrequest'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'
import { expiryOf } from '../certificates/expiry.ts'

/** Clears away requests that were answered, or that nobody answers. */
export const controller: Controller<CertificateSigningRequest> = {
  name: 'certificatesigningrequest-cleaner-controller',
  role: 'certificate-controller',
  for: certificateSigningRequests,
  permissions: [
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
      verbs: ['get', 'list', 'watch', 'delete'],
    },
  ],
  async reconcile({ name }, { client, clock, informer }) {
    const request = informer(certificateSigningRequests).get({ name })
    const end = request && expiryOf(request)
    if (!request || end === undefined) return undefined
    const left = end - clock.now()
    if (left >= 0) return { requeueAfter: left + 1 }
    try {
      await client.delete(certificateSigningRequests, { name }, { preconditions: { uid: request.metadata.uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return undefined
  },
}
