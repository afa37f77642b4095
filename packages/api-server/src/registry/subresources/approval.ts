import { prepareForApproval, validateApproval } from '@tandem/api/certificates/v1/certificatesigningrequest'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import { withRules } from './with-rules.ts'

/** `certificatesigningrequests/approval`: says yes or no to a request, and changes nothing else of it. */
export const approveRequest = withRules<CertificateSigningRequest>({
  prepareForUpdate: prepareForApproval,
  validateUpdate: validateApproval,
})
