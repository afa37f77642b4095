import { clusterRoles } from '@tandem/api/rbac/v1/clusterrole'
import { clusterRoleBindings } from '@tandem/api/rbac/v1/clusterrolebinding'
import { roles } from '@tandem/api/rbac/v1/role'
import { roleBindings } from '@tandem/api/rbac/v1/rolebinding'
import type { PolicyRule, Subject } from '@tandem/api/rbac/v1/types'
import type { ObjectMeta } from '@tandem/apimachinery'
import { uncoveredRules } from '../authorization/rbac/rule-cover.ts'
import type { Resources } from '../resources.ts'
import { reconcile } from './ensure.ts'
import {
  autoUpdate,
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoleBindings,
  defaultRoles,
} from './role-table.ts'

/** Writes the default roles and bindings, and puts back what is missing from them: what was added to them stays. */
export async function bootstrapRoles(resources: Resources): Promise<void> {
  const stores = {
    clusterRoles: resources.store(clusterRoles),
    clusterRoleBindings: resources.store(clusterRoleBindings),
    roles: resources.store(roles),
    roleBindings: resources.store(roleBindings),
  }
  await Promise.all([
    ...defaultClusterRoles().map((role) => reconcile(stores.clusterRoles, role, repairRole)),
    ...defaultRoles().map((role) => reconcile(stores.roles, role, repairRole)),
  ])
  await Promise.all([
    ...defaultClusterRoleBindings().map((binding) => reconcile(stores.clusterRoleBindings, binding, repairBinding)),
    ...defaultRoleBindings().map((binding) => reconcile(stores.roleBindings, binding, repairBinding)),
  ])
}

interface WithRules {
  metadata: ObjectMeta
  rules?: PolicyRule[]
  aggregationRule?: object
}

function repairRole(current: WithRules, wanted: WithRules): boolean {
  if (current.metadata.annotations?.[autoUpdate] === 'false') return false
  const missing = current.aggregationRule ? [] : uncoveredRules(current.rules ?? [], wanted.rules ?? [])
  const labelled = addMissing(current.metadata, 'labels', wanted.metadata.labels)
  const annotated = addMissing(current.metadata, 'annotations', wanted.metadata.annotations)
  if (missing.length > 0) current.rules = [...(current.rules ?? []), ...missing]
  return missing.length > 0 || labelled || annotated
}

interface WithSubjects {
  metadata: ObjectMeta
  subjects?: Subject[]
}

function repairBinding(current: WithSubjects, wanted: WithSubjects): boolean {
  if (current.metadata.annotations?.[autoUpdate] === 'false') return false
  const held = new Set((current.subjects ?? []).map(keyOfSubject))
  const missing = (wanted.subjects ?? []).filter((subject) => !held.has(keyOfSubject(subject)))
  if (missing.length > 0) current.subjects = [...(current.subjects ?? []), ...missing]
  return missing.length > 0
}

const keyOfSubject = ({ kind, namespace, name }: Subject): string => `${kind}/${namespace ?? ''}/${name}`

function addMissing(
  metadata: ObjectMeta,
  part: 'labels' | 'annotations',
  wanted: Record<string, string> = {},
): boolean {
  const missing = Object.entries(wanted).filter(([key]) => metadata[part]?.[key] === undefined)
  if (missing.length > 0) metadata[part] = { ...metadata[part], ...Object.fromEntries(missing) }
  return missing.length > 0
}
