import {
  type FieldError,
  invalidValue,
  ipFamily,
  notSupported,
  required,
  validateDns1123Subdomain,
  validateWildcardDns1123Subdomain,
} from '@tandem/apimachinery'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { validateBackend } from './ingress-backend.ts'
import type { HTTPIngressPath, IngressRule, IngressTLS } from './types.ts'

const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEndings = ['/..', '/.']

export function validateRule(field: string, { host = '', http }: IngressRule): FieldError[] {
  const errors: FieldError[] = []
  if (host) {
    if (ipFamily(host)) errors.push(invalidValue(`${field}.host`, host, 'must be a DNS name, not an IP address'))
    errors.push(...validateHost(`${field}.host`, host))
  }
  if (!http) return errors
  const at = `${field}.http.paths`
  const paths = http.paths ?? []
  if (paths.length === 0) errors.push(required(at))
  return [...errors, ...paths.flatMap((path, index) => validatePath(`${at}[${index}]`, path))]
}

const validateHost = (field: string, host: string): FieldError[] =>
  invalidEach(field, host, host.includes('*') ? validateWildcardDns1123Subdomain(host) : validateDns1123Subdomain(host))

function validatePath(field: string, { pathType, path = '', backend = {} }: HTTPIngressPath): FieldError[] {
  const at = `${field}.path`
  if (!pathType) return [required(`${field}.pathType`, 'pathType must be specified')]
  const errors: FieldError[] = []
  const refuse = (detail: string): unknown => errors.push(invalidValue(at, path, detail))
  switch (pathType) {
    case 'Exact':
    case 'Prefix':
      if (!path.startsWith('/')) refuse('must be an absolute path')
      for (const sequence of badSequences) if (path.includes(sequence)) refuse(`must not contain '${sequence}'`)
      for (const ending of badEndings) if (path.endsWith(ending)) refuse(`cannot end with '${ending}'`)
      break
    case 'ImplementationSpecific':
      if (path && !path.startsWith('/')) refuse('must be an absolute path')
      break
    default:
      errors.push(notSupported(`${field}.pathType`, pathType, ['Exact', 'ImplementationSpecific', 'Prefix']))
  }
  return [...errors, ...validateBackend(`${field}.backend`, backend)]
}

/** A secret's name that was bad before may stay. */
export function validateTLS(
  field: string,
  { hosts = [], secretName }: IngressTLS,
  checks: { secretName: boolean },
): FieldError[] {
  return [
    ...hosts.flatMap((host, index) => validateHost(`${field}.hosts[${index}]`, host)),
    ...(checks.secretName && secretName
      ? invalidEach(`${field}.secretName`, secretName, validateDns1123Subdomain(secretName))
      : []),
  ]
}
