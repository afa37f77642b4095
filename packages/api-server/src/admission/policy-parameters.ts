import { mutatingAdmissionPolicies } from '@tandem/api/admissionregistration/v1/mutatingadmissionpolicy'
import type { ParamKind, ParamRef } from '@tandem/api/admissionregistration/v1/types'
import { validatingAdmissionPolicies } from '@tandem/api/admissionregistration/v1/validatingadmissionpolicy'
import { forbiddenField, invalid, type KubernetesObject, semanticallyEqual } from '@tandem/apimachinery'
import { mastersGroup } from '../authentication/user.ts'
import { type AdmissionPlugin, type AdmissionRequest, objectOf, oldObjectOf } from './admission.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

interface Policy extends KubernetesObject {
  spec: { paramKind?: ParamKind }
}
interface Binding extends KubernetesObject {
  spec: { policyName?: string; paramRef?: ParamRef }
}

const group = 'admissionregistration.k8s.io'
const plurals = ['validatingadmissionpolicies', 'mutatingadmissionpolicies'].map((plural) => `${group}/${plural}`)
const bindings = plurals.map((plural) => plural.replace('policies', 'policybindings'))

/** Parameters that a policy reads with the server's rights must be readable to whoever names them. */
export const policyParameters = (context: PluginContext): AdmissionPlugin => ({
  name: 'PolicyParameters',
  resources: [...plurals, ...bindings],
  operations: ['CREATE', 'UPDATE'],
  async validate(request) {
    if (request.subresource !== '' || request.user.groups.includes(mastersGroup)) return
    if (request.definition.kind.endsWith('Binding')) await checkBinding(request, context)
    else checkPolicy(request, context)
  },
})

function checkPolicy(request: AdmissionRequest, context: PluginContext): void {
  const { paramKind } = objectOf<Policy>(request).spec
  const before = request.oldObject && oldObjectOf<Policy>(request).spec.paramKind
  if (!paramKind || semanticallyEqual(paramKind, before)) return
  const asked = { verb: 'get', name: '*', namespace: '*' }
  if (isAllowed(request, context, { ...asked, ...targetOf(paramKind, context) })) return
  const { apiVersion = '', kind = '' } = paramKind
  refuse(
    request,
    'spec.paramKind',
    `user ${request.user.username} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`,
  )
}

async function checkBinding(request: AdmissionRequest, context: PluginContext): Promise<void> {
  const { paramRef, policyName = '' } = objectOf<Binding>(request).spec
  const before = request.oldObject ? oldObjectOf<Binding>(request).spec : undefined
  if (!paramRef || (before?.policyName === policyName && semanticallyEqual(paramRef, before.paramRef))) return
  const policies = request.definition.kind.startsWith('Mutating')
    ? mutatingAdmissionPolicies
    : validatingAdmissionPolicies
  const policy = await lookUp<Policy>(context, policies as never, { name: policyName })
  const verb = paramRef.name ? 'get' : 'list'
  const asked = { verb, name: paramRef.name ?? '', namespace: paramRef.namespace ?? '' }
  if (isAllowed(request, context, { ...asked, ...targetOf(policy?.spec.paramKind, context) })) return
  const user = request.user.username
  refuse(
    request,
    'spec.paramRef',
    policy
      ? `user ${user} does not have "${verb}" permission on the object referenced by paramRef`
      : `unable to get policy ${policyName} to determine minimum required permissions and user ${user} does not have "${verb}" permission for all groups, versions and resources`,
  )
}

interface Target {
  apiGroup: string
  apiVersion: string
  resource: string
}

/** What parameters are of; everything, as long as that cannot be told. */
function targetOf(kind: ParamKind | undefined, { resources }: PluginContext): Target {
  if (!kind) return { apiGroup: '*', apiVersion: '*', resource: '*' }
  const [first = '', second] = (kind.apiVersion ?? '').split('/')
  const [apiGroup, apiVersion] = second === undefined ? ['', first] : [first, second]
  const found = resources
    .definitions()
    .find(({ group, version, kind: name }) => group === apiGroup && version === apiVersion && name === kind.kind)
  return { apiGroup, apiVersion, resource: found?.plural ?? '*' }
}

const isAllowed = (
  { user }: AdmissionRequest,
  { authorizer }: PluginContext,
  asked: Target & { verb: string; name: string; namespace: string },
): boolean =>
  authorizer.authorize({ user, isResourceRequest: true, subresource: '', path: '', ...asked }).verdict === 'allow'

function refuse({ definition, name, object }: AdmissionRequest, field: string, why: string): never {
  throw invalid({ group: definition.group, kind: definition.kind }, name || (object?.metadata.name ?? ''), [
    forbiddenField(field, why),
  ])
}
