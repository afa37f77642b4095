import { type FieldError, invalidValue, required, validateDns1123SubdomainWithUnderscore } from '@tandem/apimachinery'
import { invalidEach, oneOf } from '../field-checks.ts'
import { validateIP } from '../ip-address.ts'
import type { PodSpec } from '../types.ts'

/** What libc takes. */
const mostNameservers = 3
const mostSearches = 32
const longestSearches = 2048

export function validateDNS(field: string, { dnsPolicy, dnsConfig }: PodSpec): FieldError[] {
  const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
  return [
    ...oneOf(`${field}.dnsPolicy`, dnsPolicy, policies),
    ...validateConfig(`${field}.dnsConfig`, { dnsPolicy, dnsConfig }),
  ]
}

function validateConfig(
  field: string,
  { dnsPolicy, dnsConfig }: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig'>,
): FieldError[] {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (!dnsConfig.nameservers?.length)
      return [required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  const errors: FieldError[] = []
  if (nameservers.length > mostNameservers)
    errors.push(
      invalidValue(`${field}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`),
    )
  errors.push(...nameservers.flatMap((address, i) => validateIP(`${field}.nameservers[${i}]`, address)))
  if (searches.length > mostSearches)
    errors.push(invalidValue(`${field}.searches`, searches, `must not have more than ${mostSearches} search paths`))
  if (searches.join(' ').length > longestSearches)
    errors.push(
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${longestSearches} characters (including spaces) in the search list`,
      ),
    )
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.replace(/\.$/, '')
    errors.push(...invalidEach(`${field}.searches[${i}]`, name, validateDns1123SubdomainWithUnderscore(name)))
  }
  for (const [i, { name }] of options.entries())
    if (!name) errors.push(required(`${field}.options[${i}]`, 'must not be empty'))
  return errors
}
