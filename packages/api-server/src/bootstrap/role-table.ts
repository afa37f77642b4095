import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '@tandem/api/rbac/v1/types'
import type { New } from '@tandem/apimachinery'
import { uncoveredRules } from '../authorization/rbac/rule-cover.ts'
import upstreamRoles from './default-roles.json' with { type: 'json' }
import controllerPermissions from './generated/controller-permissions.json' with { type: 'json' }
import tandemRoles from './tandem-roles.json' with { type: 'json' }

interface RoleEntry {
  labels?: Record<string, string>
  /** `verbs groups resources [names]`, or `verbs paths`; `core` is the group without a name. */
  rules?: string[]
  aggregates?: Record<string, string>[]
}

interface BindingEntry {
  role: string
  subjects: string[]
}

interface Table {
  clusterRoles: Record<string, RoleEntry>
  clusterRoleBindings: Record<string, BindingEntry>
  roles: Record<string, RoleEntry>
  roleBindings: Record<string, BindingEntry>
}

/** Upstream's, and what components of ours need that upstream has not, or not as a user of its own. */
const table: Table = merge(upstreamRoles as unknown as Table, tandemRoles as unknown as Table)

function merge(a: Table, b: Table): Table {
  return {
    clusterRoles: { ...a.clusterRoles, ...b.clusterRoles },
    clusterRoleBindings: { ...a.clusterRoleBindings, ...b.clusterRoleBindings },
    roles: { ...a.roles, ...b.roles },
    roleBindings: { ...a.roleBindings, ...b.roleBindings },
  }
}

const rbacGroup = 'rbac.authorization.k8s.io'
const apiVersion = `${rbacGroup}/v1`
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
/** Put to `false` by who wants to keep a changed default. */
export const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate'

const metadata = (key: string, labels?: Record<string, string>) => {
  const slash = key.indexOf('/')
  return {
    name: key.slice(slash + 1),
    ...(slash > 0 && { namespace: key.slice(0, slash) }),
    labels: { ...bootstrapping, ...labels },
    annotations: { [autoUpdate]: 'true' },
  }
}

export function parseRule(text: string): PolicyRule {
  const [verbs = '', groups = '', resources, names] = text.split(' ')
  if (resources === undefined) return { verbs: verbs.split(','), nonResourceURLs: groups.split(',') }
  return {
    verbs: verbs.split(','),
    apiGroups: groups.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names !== undefined && { resourceNames: names.split(',') }),
  }
}

const rulesOf = ({ rules = [] }: RoleEntry): PolicyRule[] => rules.map(parseRule)

/** What an aggregating role holds from the start; from then on the aggregation controller keeps it. */
function aggregated({ aggregates = [] }: RoleEntry): PolicyRule[] {
  const chosen = Object.values(table.clusterRoles).filter(({ labels = {} }) =>
    aggregates.some((selector) => Object.entries(selector).every(([key, value]) => labels[key] === value)),
  )
  return chosen.flatMap((entry) => (entry.aggregates ? aggregated(entry) : rulesOf(entry)))
}

const controllerPrefix = 'system:controller:'
const extraPermissions = controllerPermissions as unknown as Record<string, PolicyRule[]>

/** Upstream's roles, and for each controller of ours what it says it needs. */
export function defaultClusterRoles(): New<ClusterRole>[] {
  const names = [
    ...new Set([
      ...Object.keys(table.clusterRoles),
      ...Object.keys(extraPermissions).map((name) => controllerPrefix + name),
    ]),
  ]
  return names.map((name) => {
    const entry = table.clusterRoles[name] ?? {}
    const own = rulesOf(entry)
    const extra = name.startsWith(controllerPrefix) ? (extraPermissions[name.slice(controllerPrefix.length)] ?? []) : []
    return {
      apiVersion,
      kind: 'ClusterRole',
      metadata: metadata(name, entry.labels),
      ...(entry.aggregates && {
        aggregationRule: { clusterRoleSelectors: entry.aggregates.map((matchLabels) => ({ matchLabels })) },
      }),
      rules: entry.aggregates
        ? aggregated(entry)
        : [...own, ...extra.filter((rule) => uncoveredRules(own, [rule]).length > 0)],
    }
  })
}

export const nodeRules = (): PolicyRule[] => rulesOf(table.clusterRoles['system:node'] ?? {})

export function defaultClusterRoleBindings(): New<ClusterRoleBinding>[] {
  const entries: Record<string, BindingEntry> = { ...table.clusterRoleBindings }
  for (const name of Object.keys(extraPermissions))
    entries[controllerPrefix + name] ??= {
      role: `ClusterRole ${controllerPrefix}${name}`,
      subjects: [`ServiceAccount kube-system ${name}`],
    }
  return Object.entries(entries).map(([name, entry]) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    ...parseBinding(entry),
  }))
}

export const defaultRoles = (): New<Role>[] =>
  Object.entries(table.roles).map(([key, entry]) => ({
    apiVersion,
    kind: 'Role',
    metadata: metadata(key),
    rules: rulesOf(entry),
  }))

export const defaultRoleBindings = (): New<RoleBinding>[] =>
  Object.entries(table.roleBindings).map(([key, entry]) => ({
    apiVersion,
    kind: 'RoleBinding',
    metadata: metadata(key),
    ...parseBinding(entry),
  }))

function parseBinding({ role, subjects }: BindingEntry): { roleRef: RoleRef; subjects: Subject[] } {
  const [kind = '', name = ''] = role.split(' ')
  return { roleRef: { apiGroup: rbacGroup, kind, name }, subjects: subjects.map(parseSubject) }
}

function parseSubject(text: string): Subject {
  const [kind = '', ...rest] = text.split(' ')
  if (kind === 'ServiceAccount') return { kind, namespace: rest[0] ?? '', name: rest[1] ?? '' }
  return { kind, apiGroup: rbacGroup, name: rest.join(' ') }
}
