import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  type ResourceDefinition,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { isDualStack, validateCIDR } from './ip-address.ts'
import { roundResourceList } from './resource-list.ts'
import { validateResourceQuantity } from './resource-name.ts'
import { validateTaints } from './taint.ts'
import type { Node } from './types.ts'

/** `podCIDR` and `podCIDRs` are one: the singular is the first of the plural. */
function alignPodCIDRs({ spec }: Node): void {
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR]
  if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0]
}

function defaults(node: Node): void {
  node.spec ??= {}
  node.status ??= {}
  alignPodCIDRs(node)
  node.status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } }
  const { capacity } = node.status
  roundResourceList(capacity)
  if (capacity) node.status.allocatable ??= { ...capacity }
  roundResourceList(node.status.allocatable)
}

/** A kubelet creates its node with status and all; only what was removed from Kubernetes is dropped. */
function prepareForCreate(node: Node): void {
  delete node.spec.configSource
  delete node.status?.config
}

function prepareForUpdate(node: Node, old: Node): void {
  node.status = old.status
  if (!old.spec.configSource) delete node.spec.configSource
}

function prepareForStatusUpdate(node: Node, old: Node): void {
  node.spec = old.spec
  if (!old.status?.config) delete node.status?.config
}

function validateResources({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, quantity]) =>
      validateResourceQuantity(`status.${list}.${name}`, name, quantity),
    ),
  )
}

function validatePodCIDRs({ spec: { podCIDRs = [] } }: Node): FieldError[] {
  const errors = podCIDRs.flatMap((cidr, i) => validateCIDR(`spec.podCIDRs[${i}]`, cidr))
  if (podCIDRs.length > 2 || (podCIDRs.length === 2 && !isDualStack(podCIDRs)))
    errors.push(invalidValue('spec.podCIDRs', podCIDRs, 'may specify no more than one CIDR for each IP family'))
  return errors
}

const declaredFeature = /^([A-Z][A-Za-z0-9]*)(\/[A-Za-z0-9]+)*$/

function validateDeclaredFeatures(features: readonly string[] | undefined): FieldError[] {
  const field = 'status.declaredFeatures'
  return (features ?? []).flatMap((feature, i, all) => {
    const errors: FieldError[] = []
    if (!declaredFeature.test(feature))
      errors.push(
        invalidValue(
          `${field}[${i}]`,
          feature,
          `invalid feature name "${feature}": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
        ),
      )
    const next = all[i + 1]
    if (next === feature) errors.push(duplicate(`${field}[${i + 1}]`, next))
    else if (next !== undefined && feature > next)
      errors.push(invalidValue(`${field}[${i + 1}]`, next, 'list must be sorted alphabetically'))
    return errors
  })
}

// Upstream reports a node's taints under its metadata, and clients may look for them there.
const validate = (node: Node): FieldError[] => [
  ...validateTaints('metadata.taints', node.spec.taints),
  ...validateResources(node),
  ...validateDeclaredFeatures(node.status?.declaredFeatures),
  ...validatePodCIDRs(node),
]

function validateAddresses({ status }: Node): FieldError[] {
  const addresses = status?.addresses ?? []
  return addresses.flatMap((address, i) =>
    addresses.slice(0, i).some((earlier) => semanticallyEqual(earlier, address))
      ? [duplicate(`status.addresses[${i}]`, address)]
      : [],
  )
}

function validateChange(node: Node, old: Node): FieldError[] {
  const errors = validateAddresses(node)
  const had = old.spec.podCIDRs ?? []
  if (had.length > 0 && !semanticallyEqual(had, node.spec.podCIDRs))
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  if (old.spec.providerID && old.spec.providerID !== node.spec.providerID)
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  if ((node.spec.externalID ?? '') !== (old.spec.externalID ?? ''))
    errors.push(forbiddenField('spec.externalID', 'may not be updated'))
  return errors
}

const validateUpdate = (node: Node, old: Node): FieldError[] => [...validate(node), ...validateChange(node, old)]

const validateStatusUpdate = (node: Node, old: Node): FieldError[] => [
  ...validateResources(node),
  ...validateDeclaredFeatures(node.status?.declaredFeatures),
  ...validateChange(node, old),
]

function warnings({ spec }: Node): string[] {
  const texts: string[] = []
  if (spec.configSource) texts.push('spec.configSource: the feature is removed')
  if (spec.externalID) texts.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  return texts
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (spec.unschedulable) words.push('SchedulingDisabled')
  return words.join(',')
}

const rolePrefix = 'node-role.kubernetes.io/'

/** From labels `node-role.kubernetes.io/<role>` and `kubernetes.io/role=<role>`. */
export function nodeRoles({ metadata }: Node): string[] {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key.startsWith(rolePrefix) ? key.slice(rolePrefix.length) : key === 'kubernetes.io/role' ? value : '',
  )
  return [...new Set(roles.filter((role) => role !== ''))].sort()
}

const addressOf = ({ status }: Node, type: string): string =>
  status?.addresses?.find((address) => address.type === type)?.address ?? '<none>'

function kernelVersion({ status }: Node): string {
  const { kernelVersion: version, architecture } = status?.nodeInfo ?? {}
  return (version || '<unknown>') + (architecture ? ` (${architecture})` : '')
}

export const nodes: ResourceDefinition<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  schema: 'io.k8s.api.core.v1.Node',
  subresources: {
    status: true,
    others: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }],
  },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate,
  validate,
  validateUpdate,
  validateStatusUpdate,
  warnings,
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec.unschedulable ?? false) },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'The status of the node', value: statusText },
    {
      name: 'Roles',
      type: 'string',
      description: 'The roles of the node',
      value: (node) => nodeRoles(node).join(',') || '<none>',
    },
    ageColumn,
    {
      name: 'Version',
      type: 'string',
      description: 'Version of the kubelet.',
      value: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '',
    },
    {
      name: 'Internal-IP',
      type: 'string',
      priority: 1,
      description: 'Address within the cluster.',
      value: (node) => addressOf(node, 'InternalIP'),
    },
    {
      name: 'External-IP',
      type: 'string',
      priority: 1,
      description: 'Address from outside.',
      value: (node) => addressOf(node, 'ExternalIP'),
    },
    {
      name: 'OS-Image',
      type: 'string',
      priority: 1,
      description: 'Operating system of the node.',
      value: ({ status }) => status?.nodeInfo?.osImage || '<unknown>',
    },
    { name: 'Kernel-Version', type: 'string', priority: 1, description: 'Kernel of the node.', value: kernelVersion },
    {
      name: 'Container-Runtime',
      type: 'string',
      priority: 1,
      description: 'Runtime and version that the kubelet uses.',
      value: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    },
  ],
}
