import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { certificateFault } from './certificate-chain.ts'
import { parseCertificateRequest } from './certificate-request.ts'
import { approvalConditions, conditionsOf, finalConditions, hasCondition } from './request-conditions.ts'
import { signerNames, validateSignerName } from './signer-name.ts'
import type { CertificateSigningRequest } from './types.ts'

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

function requestFault(request: string): string | undefined {
  try {
    parseCertificateRequest(request ?? '').checkSignature()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const repeats = (values: readonly string[]): boolean => new Set(values).size < values.length

/** What is wrong already stays tolerated in an update. */
export function validateRequest(request: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const { spec } = request
  const errors: FieldError[] = []
  const fault = requestFault(spec.request)
  if (fault) errors.push(invalidValue('spec.request', spec.request ?? null, fault))
  errors.push(...validateUsages(request, old), ...validateSigner(request, old))
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    errors.push(
      invalidValue(
        'spec.expirationSeconds',
        spec.expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    )
  return [...errors, ...validateConditions(request, old), ...validateCertificate(request, old)]
}

function validateUsages({ spec }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const asked = spec.usages ?? []
  if (asked.length === 0) return [required('spec.usages')]
  const before = old?.spec.usages ?? []
  const errors: FieldError[] = []
  if (before.every((usage) => usages.includes(usage)))
    for (const [index, usage] of asked.entries())
      if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages))
  if (!repeats(before))
    for (const [index, usage] of asked.entries())
      if (asked.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage))
  return errors
}

function validateSigner({ spec }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const field = 'spec.signerName'
  return spec.signerName === signerNames.legacyUnknown && old?.spec.signerName !== signerNames.legacyUnknown
    ? [invalidValue(field, spec.signerName, 'the legacy signerName is not allowed via this API version')]
    : validateSignerName(field, spec.signerName)
}

function validateConditions(request: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const field = 'status.conditions'
  const types = (request.status?.conditions ?? []).map(({ type }) => type)
  const before = (old?.status?.conditions ?? []).map(({ type }) => type)
  const mayContradict = before.includes('Approved') && before.includes('Denied')
  return (request.status?.conditions ?? []).flatMap(({ type, status }, index) => {
    const at = `${field}[${index}]`
    const errors: FieldError[] = []
    if (!type && !before.includes('')) errors.push(required(`${at}.type`))
    const statuses = (finalConditions as readonly string[]).includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (!status) errors.push(required(`${at}.status`))
    else if (!statuses.includes(status)) errors.push(notSupported(`${at}.status`, status, statuses))
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (!mayContradict && opposite && types.slice(0, index).includes(opposite))
      errors.push(invalidValue(field, type, 'Approved and Denied conditions are mutually exclusive'))
    if (!repeats(before) && types.indexOf(type) < index) errors.push(duplicate(`${at}.type`, type))
    return errors
  })
}

function validateCertificate({ status }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const certificate = status?.certificate
  if (old && ((old.status?.certificate ?? '') === (certificate ?? '') || certificateFault(old.status?.certificate)))
    return []
  const fault = certificateFault(certificate)
  return fault ? [invalidValue('status.certificate', '<certificate data>', fault)] : []
}

/** By which way an update comes: each may set what the others may not. */
export type UpdateThrough = 'resource' | 'status' | 'approval'

export function validateRequestUpdate(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  through: UpdateThrough,
): FieldError[] {
  return [
    ...validateRequest(request, old),
    ...validateFinalConditions(request, old),
    ...(through === 'approval' ? [] : validateApprovalKept(request, old)),
    ...validateCertificateUpdate(request, old, through),
  ]
}

const validateFinalConditions = (request: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] =>
  finalConditions
    .filter((type) => conditionsOf(request, type).length < conditionsOf(old, type).length)
    .map((type) => forbiddenField('status.conditions', `updates may not remove a condition of type "${type}"`))

function validateApprovalKept(request: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const refuse = (what: string, type: string): FieldError[] => [
    forbiddenField('status.conditions', `updates may not ${what} a condition of type "${type}"`),
  ]
  return approvalConditions.flatMap((type) => {
    const [now, before] = [conditionsOf(request, type), conditionsOf(old, type)]
    if (now.length > before.length) return refuse('add', type)
    if (now.length === before.length && hasCondition(old, type) && !semanticallyEqual(now, before))
      return refuse('modify', type)
    return []
  })
}

function validateCertificateUpdate(
  { status }: CertificateSigningRequest,
  old: CertificateSigningRequest,
  through: UpdateThrough,
): FieldError[] {
  const before = old.status?.certificate ?? ''
  if ((status?.certificate ?? '') === before) return []
  if (through !== 'status') return [forbiddenField('status.certificate', 'updates may not set certificate content')]
  return before ? [forbiddenField('status.certificate', 'updates may not modify existing certificate content')] : []
}
