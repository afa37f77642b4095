import {
  validateDns1123Label as dnsLabelFaults,
  duplicate,
  type FieldError,
  invalidValue,
  ipFamily,
  type ResourceDefinition,
  required,
  semanticallyEqual,
  tooMany,
  validateIp,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { validateDns1123Subdomain, validateLabelValue } from '@tandem/apimachinery/names'
import {
  dns1123Label,
  dns1123Subdomain,
  immutable,
  invalidEach,
  oneOf,
  qualifiedName,
} from '../../core/v1/field-checks.ts'
import { validateEndpointIP, validateIP, warningsForIP } from '../../core/v1/ip-address.ts'
import { printed } from './columns.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from './types.ts'

/** Which Service a slice belongs to, and who keeps it. */
export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'

const limits = { endpoints: 1000, addresses: 100, ports: 20000, hints: 8 }
const addressTypes = ['FQDN', 'IPv4', 'IPv6']
const protocols = ['SCTP', 'TCP', 'UDP']
const ownControllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

function defaults(slice: EndpointSlice): void {
  for (const port of slice.ports ?? []) {
    port.name ??= ''
    port.protocol ??= 'TCP'
  }
}

/** Topology was v1beta1's; v1 only carries it along. */
function prepare(slice: EndpointSlice, old?: EndpointSlice): void {
  if (old && semanticallyEqual(slice.endpoints, old.endpoints)) return
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology
}

function validateFullyQualifiedName(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)]
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  const faults = validateDns1123Subdomain(name)
  if (faults.length > 0) return [invalidValue(field, name, faults.join(','))]
  const labels = name.split('.')
  if (labels.length < 2)
    return [invalidValue(field, name, 'should be a domain with at least two segments separated by dots')]
  const bad = labels.find((label) => dnsLabelFaults(label).length > 0)
  return bad === undefined ? [] : [invalidValue(field, bad, dnsLabelFaults(bad).join(','))]
}

function validateAddress(field: string, address: string, type: string): FieldError[] {
  if (type === 'FQDN') return validateFullyQualifiedName(field, address)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const faults = type === 'IPv4' ? validateIP(field, address) : validateIp(field, address)
  if (faults.length > 0) return faults
  const family = type === 'IPv4' ? 4 : 6
  return [
    ...(ipFamily(address) === family
      ? []
      : [invalidValue(field.replace(/\[\d+\]$/, ''), address, `must be an ${type} address`)]),
    ...validateEndpointIP(field, address),
  ]
}

function validateHints(field: string, { forZones = [], forNodes = [] }: EndpointHints): FieldError[] {
  const lists = [
    { at: `${field}.forZones`, names: forZones.map(({ name }) => name), check: validateLabelValue },
    { at: `${field}.forNodes`, names: forNodes.map(({ name }) => name), check: validateDns1123Subdomain },
  ]
  return lists.flatMap(({ at, names, check }) => {
    if (names.length > limits.hints) return [tooMany(at, names.length, limits.hints)]
    return names.flatMap((name, index) => [
      ...(names.indexOf(name) < index ? [duplicate(`${at}[${index}].name`, name)] : []),
      ...invalidEach(`${at}[${index}].name`, name, check(name)),
    ])
  })
}

function validateEndpoint(field: string, endpoint: Endpoint, type: string): FieldError[] {
  const { addresses = [], nodeName, hostname, hints } = endpoint
  const at = `${field}.addresses`
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'))
  if (addresses.length > limits.addresses) errors.push(tooMany(at, addresses.length, limits.addresses))
  errors.push(...addresses.flatMap((address, index) => validateAddress(`${at}[${index}]`, address, type)))
  if (nodeName !== undefined) errors.push(...dns1123Subdomain(`${field}.nodeName`, nodeName))
  if (hostname !== undefined) errors.push(...dns1123Label(`${field}.hostname`, hostname))
  if (hints) errors.push(...validateHints(`${field}.hints`, hints))
  return errors
}

function validateEndpoints({ endpoints = [], addressType }: EndpointSlice): FieldError[] {
  if (endpoints.length > limits.endpoints) return [tooMany('endpoints', endpoints.length, limits.endpoints)]
  return endpoints.flatMap((endpoint, index) => validateEndpoint(`endpoints[${index}]`, endpoint, addressType))
}

function validatePort(field: string, { name = '', protocol, appProtocol }: EndpointPort): FieldError[] {
  return [
    ...(name ? dns1123Label(`${field}.name`, name) : []),
    ...oneOf(`${field}.protocol`, protocol, protocols),
    ...(appProtocol === undefined ? [] : qualifiedName(`${field}.appProtocol`, appProtocol)),
  ]
}

function validatePorts({ ports }: EndpointSlice): FieldError[] {
  const list = ports ?? []
  if (list.length > limits.ports) return [tooMany('ports', list.length, limits.ports)]
  const names = list.map(({ name }) => name ?? '')
  return list.flatMap((port, index) => [
    ...(names.indexOf(names[index] ?? '') < index ? [duplicate(`ports[${index}].name`, names[index])] : []),
    ...validatePort(`ports[${index}]`, port),
  ])
}

const validateShape = (slice: EndpointSlice): FieldError[] => [
  ...oneOf('addressType', slice.addressType, addressTypes),
  ...validatePorts(slice),
]

/** The controllers write addresses they have checked; all others hear of forms to avoid. */
function warnings({ metadata, addressType, endpoints = [] }: EndpointSlice, old?: EndpointSlice): string[] {
  const deprecated = !old && addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []
  if (ownControllers.includes(metadata.labels?.[managedByLabel] ?? '')) return deprecated
  return [
    ...deprecated,
    ...endpoints.flatMap(({ addresses = [] }, i) =>
      addresses.flatMap((address, j) => warningsForIP(`endpoints[${i}].addresses[${j}]`, address)),
    ),
  ]
}

export const endpointSlices: ResourceDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'Namespaced',
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  hasGeneration: true,
  defaults,
  prepareForCreate: (slice) => prepare(slice),
  // Labels choose the Service, so a change of them is one of substance.
  prepareForUpdate: (slice, old) => {
    if (!semanticallyEqual(slice.metadata.labels, old.metadata.labels))
      slice.metadata.generation = (old.metadata.generation ?? 0) + 1
    prepare(slice, old)
  },
  validate: (slice) => [...validateShape(slice), ...validateEndpoints(slice)],
  validateUpdate: (slice, old) => [
    ...validateShape(slice),
    // What was stored stays good, by whatever rules it was.
    ...(semanticallyEqual(slice.endpoints, old.endpoints) ? [] : validateEndpoints(slice)),
    ...immutable('addressType', slice.addressType, old.addressType),
  ],
  warnings,
  columns: [
    nameColumn,
    {
      name: 'AddressType',
      type: 'string',
      description: 'Type of the addresses.',
      value: ({ addressType }) => addressType,
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports of each endpoint.',
      value: ({ ports }) =>
        printed((ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port)))),
    },
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses of the endpoints.',
      value: ({ endpoints }) => printed((endpoints ?? []).flatMap(({ addresses }) => addresses)),
    },
    ageColumn,
  ],
}
