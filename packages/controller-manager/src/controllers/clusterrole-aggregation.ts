import { clusterRoles } from '@tandem/api/rbac/v1/clusterrole'
import type { ClusterRole, PolicyRule } from '@tandem/api/rbac/v1/types'
import { equalJson, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { Controller } from '@tandem/controller-runtime'

/** Fills roles with an aggregation rule with the rules of those that it selects: how `admin`, `edit` and `view` take in new kinds. */
export const controller: Controller<ClusterRole> = {
  name: 'clusterrole-aggregation-controller',
  for: clusterRoles,
  watches: [
    {
      resource: clusterRoles,
      keys: (_: ClusterRole, { informer }) =>
        informer(clusterRoles)
          .list()
          .filter(({ aggregationRule }) => aggregationRule)
          .map(({ metadata: { name } }) => ({ name })),
    },
  ],
  permissions: [
    // It may give only what it has, and roles may hold anything.
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
  async reconcile({ name }, { client, informer }) {
    const role = informer(clusterRoles).get({ name })
    if (!role?.aggregationRule) return undefined
    const rules = aggregatedRules(role, informer(clusterRoles).list())
    if (!equalJson(rules, role.rules ?? [])) await client.update(clusterRoles, { ...role, rules })
    return undefined
  },
}

/** Of each selector in turn, the roles by name; a rule that was there already is not repeated. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = []
  const sorted = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matcher = labelMatcherOf(selector)
    for (const source of sorted.filter(({ metadata }) => matchesLabels(matcher, metadata.labels))) {
      for (const rule of source.rules ?? []) if (!rules.some((known) => equalJson(known, rule))) rules.push(rule)
    }
  }
  return rules
}
