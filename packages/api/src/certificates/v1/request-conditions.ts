import type { CertificateSigningRequest, CertificateSigningRequestCondition } from './types.ts'

/** Only ever true, and never taken back. */
export const finalConditions = ['Approved', 'Denied', 'Failed'] as const
/** Set through the subresource `approval` alone. */
export const approvalConditions = ['Approved', 'Denied'] as const

export const conditionsOf = (
  { status }: CertificateSigningRequest,
  type: string,
): readonly CertificateSigningRequestCondition[] =>
  (status?.conditions ?? []).filter((condition) => condition.type === type)

export const hasCondition = (request: CertificateSigningRequest, type: string): boolean =>
  conditionsOf(request, type).length > 0

/** Approved, and not denied as well. */
export const isApproved = (request: CertificateSigningRequest): boolean =>
  hasCondition(request, 'Approved') && !hasCondition(request, 'Denied')

/** Conditions without times get them: of the same condition before, or now. */
export function fillConditionTimes(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now
    condition.lastTransitionTime ??=
      conditionsOf(old, condition.type).find(
        ({ status, lastTransitionTime }) => status === condition.status && lastTransitionTime,
      )?.lastTransitionTime ?? now
  }
}
