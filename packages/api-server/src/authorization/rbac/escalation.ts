import { isDeepStrictEqual } from 'node:util'
import type { ClusterRole, PolicyRule, RoleBinding } from '@tandem/api/rbac/v1/types'
import { forbidden, notFound } from '@tandem/apimachinery'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from '../../admission/admission.ts'
import { mastersGroup, type UserInfo } from '../../authentication/user.ts'
import type { Attributes, Authorizer } from '../authorizer.ts'
import { rulesHeld } from './authorizer.ts'
import type { RoleIndex } from './role-index.ts'
import { printRule, uncoveredRules } from './rule-cover.ts'

const group = 'rbac.authorization.k8s.io'
const fullAuthority: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/**
 * Nobody gives away through a role, or through a binding to one, what they do not hold themselves, unless they may `escalate` roles or
 * `bind` that role. The last of the checks before a role is written.
 */
export function escalationCheck({ index, authorizer }: { index: RoleIndex; authorizer: Authorizer }): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${group}/${plural}`),
    operations: ['CREATE', 'UPDATE'],
    validate(request) {
      if (request.user.groups.includes(mastersGroup) || onlyForDeletion(request)) return
      if (request.definition.kind.endsWith('Binding')) checkBinding(request)
      else checkRole(request)
    },
  }

  function checkRole(request: AdmissionRequest): void {
    const { definition, user } = request
    const role = objectOf<ClusterRole>(request)
    const { name } = role.metadata
    if (authorized(request, { verb: 'escalate', resource: definition.plural, name })) return
    confirm(request, role.rules ?? [])
    const old = request.oldObject as ClusterRole | undefined
    const aggregates = [role, old].some((each) => (each?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0)
    if (aggregates && missing(user, '', fullAuthority).length > 0)
      throw forbidden(
        { group, resource: definition.plural },
        name,
        'must have cluster-admin privileges to use the aggregationRule',
      )
  }

  function checkBinding(request: AdmissionRequest): void {
    const { roleRef } = objectOf<RoleBinding>(request)
    const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    if (authorized(request, { verb: 'bind', resource, name: roleRef.name })) return
    const rules = index.rulesOf(roleRef, request.namespace)
    if (!rules) throw notFound({ group, resource: roleRef.kind.toLowerCase() }, roleRef.name)
    confirm(request, rules)
  }

  function authorized(
    { user, namespace }: AdmissionRequest,
    asked: Pick<Attributes, 'verb' | 'resource' | 'name'>,
  ): boolean {
    const base = {
      user,
      namespace,
      isResourceRequest: true,
      apiGroup: group,
      apiVersion: '*',
      subresource: '',
      path: '',
    }
    return authorizer.authorize({ ...base, ...asked }).verdict === 'allow'
  }

  function missing(user: UserInfo, namespace: string, wanted: readonly PolicyRule[]): PolicyRule[] {
    return uncoveredRules(rulesHeld(index, user, namespace), wanted)
  }

  function confirm({ user, namespace, definition, object }: AdmissionRequest, wanted: readonly PolicyRule[]): void {
    const uncovered = missing(user, namespace, wanted)
    if (uncovered.length === 0) return
    const lines = [...new Set(compact(uncovered).map(printRule))].sort()
    const groups = `[${user.groups.map((name) => JSON.stringify(name)).join(' ')}]`
    throw forbidden(
      { group, resource: definition.plural },
      object?.metadata.name ?? '',
      `user ${JSON.stringify(user.username)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
    )
  }
}

/** Rules that differ in their verb alone are told as one. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byRest = new Map<string, PolicyRule>()
  for (const { verbs, ...rest } of rules) {
    const key = JSON.stringify(rest)
    const known = byRest.get(key)
    byRest.set(key, { ...rest, verbs: [...(known?.verbs ?? []), ...verbs] })
  }
  return [...byRest.values()]
}

/** Finalizers and owners may always be changed, so that what is being deleted can go. */
function onlyForDeletion({ object, oldObject }: AdmissionRequest): boolean {
  if (!object || !oldObject) return false
  const rest = (each: typeof object) => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...metadata } = each.metadata
    return { ...each, metadata }
  }
  return isDeepStrictEqual(rest(object), rest(oldObject))
}
