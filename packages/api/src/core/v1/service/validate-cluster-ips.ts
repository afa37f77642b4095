import { duplicate, type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { optionalOneOf } from '../field-checks.ts'
import { isDualStack, isIPv6, validateIP } from '../ip-address.ts'
import { isHeadless } from '../service-port.ts'
import type { Service } from '../types.ts'

const field = 'spec.clusterIPs'
const families = ['IPv4', 'IPv6']

function validatePair({ spec: { clusterIP, clusterIPs = [] } }: Service): FieldError[] {
  if (!clusterIP)
    return clusterIPs.length === 0
      ? []
      : [invalidValue(field, clusterIPs, 'must be empty when `clusterIP` is not specified')]
  if (clusterIPs.length === 0) return [required(field)]
  return clusterIPs[0] === clusterIP ? [] : [invalidValue(field, clusterIPs, 'first value must match `clusterIP`')]
}

function validateFamilies(service: Service): FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy } = service.spec
  const errors = ipFamilies.flatMap((family, i) => [
    ...(families.includes(family) ? [] : [notSupported(`spec.ipFamilies[${i}]`, family, families)]),
    ...(ipFamilies.indexOf(family) < i ? [duplicate(`spec.ipFamilies[${i}]`, family)] : []),
  ])
  errors.push(
    ...optionalOneOf('spec.ipFamilyPolicy', ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack']),
  )
  return errors.length > 0 ? errors : validateStack(service)
}

/** What a cluster with IPv4 alone cannot give. */
function validateStack({ spec }: Service): FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy, clusterIPs = [] } = spec
  if (spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0) return []
  const errors: FieldError[] = []
  if (ipFamilyPolicy === 'SingleStack') {
    const detail = (what: string): string =>
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
    if (clusterIPs.length === 2) errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail('cluster IPs')))
    if (ipFamilies.length === 2) errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail('IP families')))
  }
  if (ipFamilyPolicy === 'RequireDualStack')
    errors.push(
      invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services'),
    )
  for (const [i, family] of ipFamilies.entries())
    if (family !== 'IPv4') errors.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'))
  return errors
}

function validateAddresses(service: Service, old?: Service): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = service.spec
  const errors = clusterIPs.flatMap((ip, i) => {
    if (i > 0 || ip !== 'None') return validateIP(`${field}[${i}]`, ip, old?.spec.clusterIPs)
    return clusterIPs.length > 1 ? [invalidValue(field, clusterIPs, "'None' must be the first and only value")] : []
  })
  if (clusterIPs.length > 2) errors.push(invalidValue(field, clusterIPs, 'may only hold up to 2 values'))
  if (errors.length > 0) return errors
  if (clusterIPs.length === 2 && !isDualStack(clusterIPs))
    errors.push(invalidValue(field, clusterIPs, 'may specify no more than one IP for each IP family'))
  if (isHeadless(service)) return errors
  for (const [i, ip] of clusterIPs.entries()) {
    const family = ipFamilies[i]
    if (family && family !== (isIPv6(ip) ? 'IPv6' : 'IPv4'))
      errors.push(
        invalidValue(`${field}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``),
      )
  }
  return errors
}

export const validateClusterIPs = (service: Service, old?: Service): FieldError[] =>
  service.spec.type === 'ExternalName'
    ? []
    : [...validatePair(service), ...validateFamilies(service), ...validateAddresses(service, old)]

const released = (what: string): string => `must be set to 'SingleStack' when releasing the secondary ${what}`

interface Change {
  at: string
  before: readonly string[]
  after: readonly string[]
  unset: string
  secondary: string
}

/** The first value stays for ever; a second may come, and may go when the policy says so. */
function validatePrimaryKept({ at, before, after, unset, secondary }: Change, service: Service): FieldError[] {
  const changed = invalidValue(`${at}[0]`, after, 'may not change once set')
  if (before.length === after.length)
    return before.flatMap((value, i) =>
      value === after[i] ? [] : [invalidValue(`${at}[${i}]`, after, 'may not change once set')],
    )
  const errors: FieldError[] = []
  if (before.length > after.length && after.length === 0) errors.push(invalidValue(`${at}[0]`, after, unset))
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) errors.push(changed)
  if (before.length > after.length && after.length === 1 && service.spec.ipFamilyPolicy !== 'SingleStack')
    errors.push(invalidValue('spec.ipFamilyPolicy', service.spec.ipFamilyPolicy ?? null, released(secondary)))
  return errors
}

export function validateFamilyChange(service: Service, old: Service): FieldError[] {
  if (service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return []
  if (isHeadless(service) && isHeadless(old)) return []
  const errors = validatePrimaryKept(
    {
      at: field,
      before: old.spec.clusterIPs ?? [],
      after: service.spec.clusterIPs ?? [],
      unset: 'primary clusterIP can not be unset',
      secondary: 'clusterIP',
    },
    service,
  )
  if (isHeadless(service) !== isHeadless(old)) return errors
  return [
    ...errors,
    ...validatePrimaryKept(
      {
        at: 'spec.ipFamilies',
        before: old.spec.ipFamilies ?? [],
        after: service.spec.ipFamilies ?? [],
        unset: 'primary ipFamily can not be unset',
        secondary: 'ipFamily',
      },
      service,
    ),
  ]
}
