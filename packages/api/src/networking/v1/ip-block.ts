import { type FieldError, invalidValue, required } from '@tandem/apimachinery'
import ipaddr from 'ipaddr.js'
import { validateCIDR } from '../../core/v1/ip-address.ts'
import type { IPBlock, NetworkPolicySpec } from './types.ts'

export const blocksOf = ({ ingress = [], egress = [] }: NetworkPolicySpec): IPBlock[] =>
  [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)].flatMap(({ ipBlock }) =>
    ipBlock ? [ipBlock] : [],
  )

export function validateIPBlock(field: string, { cidr, except = [] }: IPBlock, kept: readonly string[]): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)]
  const errors = validateCIDR(`${field}.cidr`, cidr, kept)
  if (!isRange(cidr)) return errors
  return [
    ...errors,
    ...except.flatMap((part, index) => {
      const at = `${field}.except[${index}]`
      const errors = validateCIDR(at, part, kept)
      if (isRange(part) && !isStrictSubset(part, cidr))
        errors.push(invalidValue(at, part, 'must be a strict subset of `cidr`'))
      return errors
    }),
  ]
}

const isRange = (text: string): boolean => ipaddr.isValidCIDR(text)

function isStrictSubset(part: string, whole: string): boolean {
  const [address, length] = ipaddr.parseCIDR(part)
  const [network, wholeLength] = ipaddr.parseCIDR(whole)
  return address.kind() === network.kind() && length > wholeLength && address.match(network, wholeLength)
}
