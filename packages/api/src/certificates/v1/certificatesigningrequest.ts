import type { Requester, ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { humanDuration } from '@tandem/apimachinery/human-duration'
import { approvalConditions, fillConditionTimes, hasCondition } from './request-conditions.ts'
import { validateRequest, validateRequestUpdate } from './request-validation.ts'
import type { CertificateSigningRequest, CertificateSigningRequestSpec } from './types.ts'

/** Who asks is what the server knows of them, not what they say. */
function prepareForCreate(request: CertificateSigningRequest, by?: Requester): void {
  const { spec } = request
  for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec[field]
  if (by?.username) spec.username = by.username
  if (by?.uid) spec.uid = by.uid
  if (by?.groups.length) spec.groups = [...by.groups]
  if (by && Object.keys(by.extra).length > 0)
    spec.extra = Object.fromEntries(Object.entries(by.extra).map(([key, values]) => [key, [...values]]))
  request.status = {}
}

/** Through `status` the conditions of approval stay as they are, whatever is sent. */
function prepareForStatusUpdate(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  request.spec = old.spec
  const conditions = request.status?.conditions ?? []
  for (const type of approvalConditions) {
    const kept = (old.status?.conditions ?? []).filter((condition) => condition.type === type)
    if (conditions.filter((condition) => condition.type === type).length !== kept.length) continue
    for (const [index, condition] of conditions.entries())
      if (condition.type === type) conditions[index] = kept.shift() ?? condition
  }
  fillConditionTimes(request, old)
}

/** `approval`: changes conditions, and nothing else. */
export function prepareForApproval(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  fillConditionTimes(request, old)
  request.spec = old.spec
  const { conditions } = request.status ?? {}
  const { conditions: _, ...status } = old.status ?? {}
  request.status = { ...status, ...(conditions && { conditions }) }
}

export const validateApproval = (request: CertificateSigningRequest, old: CertificateSigningRequest) =>
  validateRequestUpdate(request, old, 'approval')

function stateOf(request: CertificateSigningRequest): string {
  const decision = hasCondition(request, 'Denied')
    ? 'Denied'
    : hasCondition(request, 'Approved')
      ? 'Approved'
      : 'Pending'
  return [
    decision,
    ...(hasCondition(request, 'Failed') ? ['Failed'] : []),
    ...(request.status?.certificate ? ['Issued'] : []),
  ].join(',')
}

export const certificateSigningRequests: ResourceDefinition<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  validateName: () => [],
  subresources: {
    status: true,
    others: [{ name: 'approval', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] }],
  },
  defaults: (request) => {
    request.spec ??= {} as CertificateSigningRequestSpec
    request.status ??= {}
  },
  prepareForCreate,
  prepareForUpdate: (request, old) => {
    request.spec = old.spec
  },
  prepareForStatusUpdate,
  validate: (request) => validateRequest(request),
  validateUpdate: (request, old) => validateRequestUpdate(request, old, 'resource'),
  validateStatusUpdate: (request, old) => validateRequestUpdate(request, old, 'status'),
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns: [
    nameColumn,
    ageColumn,
    {
      name: 'SignerName',
      type: 'string',
      description: 'Who is to sign.',
      value: ({ spec }) => spec.signerName || '<none>',
    },
    { name: 'Requestor', type: 'string', description: 'Who asks.', value: ({ spec }) => spec.username ?? '' },
    {
      name: 'RequestedDuration',
      type: 'string',
      description: 'How long the certificate is to be valid.',
      value: ({ spec }) =>
        spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    },
    { name: 'Condition', type: 'string', description: 'What became of it.', value: stateOf },
  ],
}
