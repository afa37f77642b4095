import { parseCertificateRequest } from '@tandem/api/certificates/v1/certificate-request'
import { signerNames } from '@tandem/api/certificates/v1/signer-name'
import type { CertificateSigningRequest } from '@tandem/api/certificates/v1/types'
import { semanticallyEqual } from '@tandem/apimachinery'
import { mastersGroup, type UserInfo } from '../authentication/user.ts'
import type { Authorizer } from '../authorization/authorizer.ts'
import { type AdmissionPlugin, objectOf, oldObjectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import type { PluginContext } from './plugin-context.ts'

const resources = ['certificates.k8s.io/certificatesigningrequests']

/** May the user do this for a signer: named, or with all of its domain as `example.com/*`? */
function mayUseSigner(
  authorizer: Authorizer,
  { user, verb, signerName }: { user: UserInfo; verb: 'approve' | 'sign'; signerName: string },
): boolean {
  const domain = signerName.split('/')[0] ?? ''
  return [signerName, `${domain}/*`].some(
    (name) =>
      authorizer.authorize({
        user,
        verb,
        name,
        isResourceRequest: true,
        apiGroup: 'certificates.k8s.io',
        apiVersion: '*',
        resource: 'signers',
        subresource: '',
        namespace: '',
        path: '',
      }).verdict === 'allow',
  )
}

/** Who approves a request may approve for its signer. */
export const certificateApproval = ({ authorizer }: PluginContext): AdmissionPlugin => ({
  name: 'CertificateApproval',
  resources,
  operations: ['UPDATE'],
  validate(request) {
    if (request.subresource !== 'approval') return
    const { signerName } = oldObjectOf<CertificateSigningRequest>(request).spec
    if (!mayUseSigner(authorizer, { user: request.user, verb: 'approve', signerName }))
      throw admissionForbidden(request, `user not permitted to approve requests with signerName "${signerName}"`)
  },
})

/** Who issues a certificate, or says that it failed, may sign for the request's signer. */
export const certificateSigning = ({ authorizer }: PluginContext): AdmissionPlugin => ({
  name: 'CertificateSigning',
  resources,
  operations: ['UPDATE'],
  validate(request) {
    if (request.subresource !== 'status') return
    const [now, old] = [objectOf<CertificateSigningRequest>(request), oldObjectOf<CertificateSigningRequest>(request)]
    const issued = (now.status?.certificate ?? '') !== (old.status?.certificate ?? '')
    if (!issued && semanticallyEqual(now.status?.conditions ?? [], old.status?.conditions ?? [])) return
    const { signerName } = old.spec
    if (!mayUseSigner(authorizer, { user: request.user, verb: 'sign', signerName }))
      throw admissionForbidden(request, `user not permitted to sign requests with signerName "${signerName}"`)
  },
})

/** No certificate that speaks to the API server is asked for with the rights of `system:masters`. */
export const certificateSubjectRestriction = (): AdmissionPlugin => ({
  name: 'CertificateSubjectRestriction',
  resources,
  operations: ['CREATE'],
  validate(request) {
    if (request.subresource !== '') return
    const { spec } = objectOf<CertificateSigningRequest>(request)
    if (spec.signerName !== signerNames.kubeAPIServerClient) return
    if (parseCertificateRequest(spec.request).organizations.includes(mastersGroup))
      throw admissionForbidden(
        request,
        `use of ${signerNames.kubeAPIServerClient} signer with ${mastersGroup} group is not allowed`,
      )
  },
})
