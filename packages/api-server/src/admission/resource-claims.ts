import { namespaces } from '@tandem/api/core/v1/namespace'
import { deviceId } from '@tandem/api/resource/v1/claim-status'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from '@tandem/api/resource/v1/types'
import { type FieldError, forbiddenField, invalid, semanticallyEqual } from '@tandem/apimachinery'
import { parseServiceAccountUsername } from '../authentication/user.ts'
import { type AdmissionPlugin, type AdmissionRequest, objectOf, oldObjectOf } from './admission.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

const group = 'resource.k8s.io'
const adminLabel = 'resource.kubernetes.io/admin-access'
const nodeNameKey = 'authentication.kubernetes.io/node-name'

/** What the rules of claims ask of the cluster: the namespace's consent to admin access, and who may write which part of a status. */
export const resourceClaimAuthorization = (context: PluginContext): AdmissionPlugin => ({
  name: 'ResourceClaimAuthorization',
  resources: [`${group}/resourceclaims`, `${group}/resourceclaimtemplates`],
  operations: ['CREATE', 'UPDATE'],
  async validate(request) {
    const errors = await errorsOf(request, context)
    const { definition, name, object } = request
    if (errors.length > 0)
      throw invalid({ group, kind: definition.kind }, name || (object?.metadata.name ?? ''), errors)
  },
})

async function errorsOf(request: AdmissionRequest, context: PluginContext): Promise<FieldError[]> {
  if (request.subresource === 'status')
    return [
      ...(await adminStatusErrors(request, context)),
      ...bindingErrors(request, context),
      ...deviceStatusErrors(request, context),
    ]
  if (request.subresource !== '' || request.operation !== 'CREATE') return []
  const { spec } =
    request.definition.plural === 'resourceclaims'
      ? objectOf<ResourceClaim>(request)
      : objectOf<ResourceClaimTemplate>(request).spec
  const index = (spec.devices?.requests ?? []).findIndex(({ exactly }: DeviceRequest) => exactly?.adminAccess)
  return index < 0 ? [] : consent(`spec.devices.requests[${index}].adminAccess`, request, context)
}

async function consent(field: string, request: AdmissionRequest, context: PluginContext): Promise<FieldError[]> {
  const namespace = await lookUp(context, namespaces, { name: request.namespace })
  return namespace?.metadata.labels?.[adminLabel] === 'true'
    ? []
    : [
        forbiddenField(
          field,
          `admin access to devices requires the \`${adminLabel}: true\` label on the containing namespace`,
        ),
      ]
}

const adminResult = ({ status }: ResourceClaim): number =>
  (status?.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess)

async function adminStatusErrors(request: AdmissionRequest, context: PluginContext): Promise<FieldError[]> {
  const index = adminResult(objectOf<ResourceClaim>(request))
  if (index < 0 || adminResult(oldObjectOf<ResourceClaim>(request)) >= 0) return []
  return consent(`status.allocation.devices.results[${index}].adminAccess`, request, context)
}

interface Asked {
  verb: string
  subresource: 'binding' | 'driver'
  namespace: string
  name: string
}

const mayWrite = ({ user }: AdmissionRequest, { authorizer }: PluginContext, asked: Asked): boolean =>
  authorizer.authorize({
    user,
    isResourceRequest: true,
    apiGroup: group,
    apiVersion: 'v1',
    resource: 'resourceclaims',
    path: '',
    ...asked,
  }).verdict === 'allow'

/** An admission request does not say by which of the two a client writes, and roles give both. */
const writes = ['update', 'patch']

function bindingErrors(request: AdmissionRequest, context: PluginContext): FieldError[] {
  const [now, old] = [objectOf<ResourceClaim>(request).status, oldObjectOf<ResourceClaim>(request).status]
  if (semanticallyEqual(now?.allocation, old?.allocation) && semanticallyEqual(now?.reservedFor, old?.reservedFor))
    return []
  return writes.some((verb) => mayWrite(request, context, { verb, subresource: 'binding', namespace: '', name: '' }))
    ? []
    : [
        forbiddenField(
          'status.allocation',
          `changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission`,
        ),
      ]
}

function deviceStatusErrors(request: AdmissionRequest, context: PluginContext): FieldError[] {
  const [now, old] = [objectOf<ResourceClaim>(request).status, oldObjectOf<ResourceClaim>(request).status]
  if (!now?.allocation) return []
  const prefixes = [...(isOnNode(request, now.allocation) ? ['associated-node:'] : []), 'arbitrary-node:']
  const verbs = prefixes.flatMap((prefix) => writes.map((verb) => prefix + verb))
  return changedDrivers(now.devices, old?.devices)
    .filter(
      (name) =>
        !verbs.some((each) =>
          mayWrite(request, context, { verb: each, subresource: 'driver', namespace: request.namespace, name }),
        ),
    )
    .map(() =>
      forbiddenField(
        'status.devices',
        `changing status.devices requires resource="resourceclaims/driver", verb="[${prefixes.map((prefix) => `${prefix}update`).join(' ')}]" permission`,
      ),
    )
}

function changedDrivers(
  now: readonly AllocatedDeviceStatus[] = [],
  old: readonly AllocatedDeviceStatus[] = [],
): string[] {
  const before = new Map(old.map((device) => [deviceId(device), device]))
  const drivers = new Set<string>()
  for (const device of now) {
    if (!semanticallyEqual(before.get(deviceId(device)), device)) drivers.add(device.driver)
    before.delete(deviceId(device))
  }
  for (const { driver } of before.values()) drivers.add(driver)
  return [...drivers].sort()
}

/** Is it a service account on the one node that the devices are of? */
function isOnNode({ user }: AdmissionRequest, { nodeSelector }: AllocationResult): boolean {
  const [term, ...terms] = nodeSelector?.nodeSelectorTerms ?? []
  const [field, ...fields] = term?.matchFields ?? []
  if (terms.length + fields.length + (term?.matchExpressions ?? []).length > 0) return false
  if (field?.key !== 'metadata.name' || field.operator !== 'In' || field.values?.length !== 1) return false
  const nodes = user.extra[nodeNameKey] ?? []
  return parseServiceAccountUsername(user.username) !== undefined && nodes.length === 1 && nodes[0] === field.values[0]
}
