import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type ResourceDefinition,
  required,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { optionalOneOf, portNumber, portNumberOrName } from '../../core/v1/field-checks.ts'
import { formatLabelSelector, validateLabelSelector } from '../../meta/v1/label-selector.ts'
import { blocksOf, validateIPBlock } from './ip-block.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './types.ts'

function defaults(policy: NetworkPolicy): void {
  policy.spec ??= {}
  const { spec } = policy
  spec.podSelector ??= {}
  for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
    for (const port of ports) port.protocol ??= 'TCP'
  if ((spec.policyTypes ?? []).length === 0)
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

function validatePort(field: string, { protocol, port, endPort }: NetworkPolicyPort): FieldError[] {
  const errors = optionalOneOf(`${field}.protocol`, protocol, ['TCP', 'UDP', 'SCTP'])
  const at = `${field}.endPort`
  if (port !== undefined) errors.push(...portNumberOrName(`${field}.port`, port))
  if (endPort === undefined) return errors
  if (port === undefined)
    return [...errors, invalidValue(at, endPort, 'may not be specified when `port` is not specified')]
  if (typeof port === 'string')
    return [...errors, invalidValue(at, endPort, 'may not be specified when `port` is non-numeric')]
  if (endPort < port) errors.push(invalidValue(at, port, 'must be greater than or equal to `port`'))
  return [...errors, ...portNumber(at, endPort)]
}

function validatePeer(field: string, peer: NetworkPolicyPeer, kept: readonly string[]): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const errors = [
    ...validateLabelSelector(`${field}.podSelector`, podSelector),
    ...validateLabelSelector(`${field}.namespaceSelector`, namespaceSelector),
    ...(ipBlock ? validateIPBlock(`${field}.ipBlock`, ipBlock, kept) : []),
  ]
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'))
  if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'))
  return errors
}

interface Rule {
  ports?: NetworkPolicyPort[]
  peers: NetworkPolicyPeer[] | undefined
  peersName: 'from' | 'to'
}

const validateRule = (
  field: string,
  { ports = [], peers = [], peersName }: Rule,
  kept: readonly string[],
): FieldError[] => [
  ...ports.flatMap((port, index) => validatePort(`${field}.ports[${index}]`, port)),
  ...peers.flatMap((peer, index) => validatePeer(`${field}.${peersName}[${index}]`, peer, kept)),
]

function validatePolicyTypes({ policyTypes = [] }: NetworkPolicySpec): FieldError[] {
  const field = 'spec.policyTypes'
  if (policyTypes.length > 2) return [invalidValue(field, policyTypes, 'may not specify more than two policyTypes')]
  return policyTypes.flatMap((type, index) =>
    type === 'Ingress' || type === 'Egress' ? [] : [notSupported(`${field}[${index}]`, type, ['Ingress', 'Egress'])],
  )
}

/** `kept` are the ranges the policy had before: they stay good. */
const validateSpec = ({ spec }: NetworkPolicy, kept: readonly string[] = []): FieldError[] => [
  ...validateLabelSelector('spec.podSelector', spec.podSelector),
  ...(spec.ingress ?? []).flatMap(({ ports = [], from }, index) =>
    validateRule(`spec.ingress[${index}]`, { ports, peers: from, peersName: 'from' }, kept),
  ),
  ...(spec.egress ?? []).flatMap(({ ports = [], to }, index) =>
    validateRule(`spec.egress[${index}]`, { ports, peers: to, peersName: 'to' }, kept),
  ),
  ...validatePolicyTypes(spec),
]

export const networkPolicies: ResourceDefinition<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  hasGeneration: true,
  defaults,
  validate: (policy) => validateSpec(policy),
  validateUpdate: (policy, old) =>
    validateSpec(
      policy,
      blocksOf(old.spec).flatMap(({ cidr, except = [] }) => [cidr, ...except]),
    ),
  columns: [
    nameColumn,
    {
      name: 'Pod-Selector',
      type: 'string',
      description: 'The pods that the policy is about.',
      value: ({ spec }) => formatLabelSelector(spec.podSelector),
    },
    ageColumn,
  ],
}
