import {
  type FieldError,
  nameIsDnsSubdomain,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { dns1123Label, invalidEach, oneOf, portNumber, qualifiedName } from './field-checks.ts'
import { validateEndpointIP, validateIP, warningsForIP } from './ip-address.ts'
import { protocols } from './ports.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from './types.ts'

function defaults(endpoints: Endpoints): void {
  for (const subset of endpoints.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP'
}

function validateAddress(field: string, address: EndpointAddress): FieldError[] {
  const errors = validateIP(`${field}.ip`, address.ip)
  if (address.hostname) errors.push(...dns1123Label(`${field}.hostname`, address.hostname))
  if (address.nodeName !== undefined)
    errors.push(...invalidEach(`${field}.nodeName`, address.nodeName, nameIsDnsSubdomain(address.nodeName, false)))
  return [...errors, ...validateEndpointIP(`${field}.ip`, address.ip)]
}

function validatePort(field: string, port: EndpointPort, named: 'named' | 'unnamed'): FieldError[] {
  const errors: FieldError[] = []
  if (port.name) errors.push(...dns1123Label(`${field}.name`, port.name))
  else if (named === 'named') errors.push(required(`${field}.name`))
  errors.push(...portNumber(`${field}.port`, port.port))
  errors.push(...oneOf(`${field}.protocol`, port.protocol, protocols))
  if (port.appProtocol !== undefined) errors.push(...qualifiedName(`${field}.appProtocol`, port.appProtocol))
  return errors
}

function validateSubset(
  field: string,
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
): FieldError[] {
  const errors: FieldError[] = []
  if (addresses.length === 0 && notReadyAddresses.length === 0)
    errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'))
  for (const [i, address] of addresses.entries()) errors.push(...validateAddress(`${field}.addresses[${i}]`, address))
  for (const [i, address] of notReadyAddresses.entries())
    errors.push(...validateAddress(`${field}.notReadyAddresses[${i}]`, address))
  for (const [i, port] of ports.entries())
    errors.push(...validatePort(`${field}.ports[${i}]`, port, ports.length > 1 ? 'named' : 'unnamed'))
  return errors
}

const validate = (endpoints: Endpoints): FieldError[] =>
  (endpoints.subsets ?? []).flatMap((subset, i) => validateSubset(`subsets[${i}]`, subset))

/** Subsets that an older server let in may stay as they are. */
const validateUpdate = (endpoints: Endpoints, old: Endpoints): FieldError[] =>
  semanticallyEqual(endpoints.subsets, old.subsets) ? [] : validate(endpoints)

function warnings(endpoints: Endpoints): string[] {
  const texts: string[] = []
  for (const [i, subset] of (endpoints.subsets ?? []).entries()) {
    for (const list of ['addresses', 'notReadyAddresses'] as const)
      for (const [j, { ip }] of (subset[list] ?? []).entries())
        texts.push(...warningsForIP(`subsets[${i}].${list}[${j}].ip`, ip))
  }
  return texts
}

const shownAddresses = 3
const withPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)

/** The first three addresses, and how many more there are. */
export function formatEndpoints(subsets: readonly EndpointSubset[] | undefined): string {
  if (!subsets || subsets.length === 0) return '<none>'
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => withPort(ip, port))),
  )
  const shown = all.slice(0, shownAddresses).join(',')
  return all.length > shownAddresses ? `${shown} + ${all.length - shownAddresses} more...` : shown
}

export const endpoints: ResourceDefinition<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  listKind: 'EndpointsList',
  shortNames: ['ep'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Endpoints',
  deprecated: { since: 'v1.33', use: 'discovery.k8s.io/v1 EndpointSlice' },
  allowCreateOnUpdate: true,
  defaults,
  validate,
  validateUpdate,
  warnings,
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses and ports that are ready.',
      value: ({ subsets }) => formatEndpoints(subsets),
    },
    ageColumn,
  ],
}
