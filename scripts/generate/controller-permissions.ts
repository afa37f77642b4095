import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import { controllers } from '@tandem/controller-manager/controllers/index.generated'

interface Described {
  name: string
  role?: string
  permissions: readonly PolicyRule[]
}

/** What each controller says it needs, for the roles that the API server writes at its start. Controllers may share a role. */
export function controllerPermissions(): string {
  const byRole = new Map<string, Set<string>>()
  for (const { name, role = name, permissions } of controllers as readonly Described[]) {
    const rules = byRole.get(role) ?? new Set()
    for (const rule of permissions) rules.add(JSON.stringify(inOrder(rule)))
    byRole.set(role, rules)
  }
  const lines = [...byRole]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([role, rules]) =>
      rules.size > 0
        ? `  ${JSON.stringify(role)}: [\n${[...rules].map((rule) => `    ${rule}`).join(',\n')}\n  ]`
        : `  ${JSON.stringify(role)}: []`,
    )
  return `{\n${lines.join(',\n')}\n}\n`
}

const inOrder = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule => ({
  verbs,
  ...(apiGroups && { apiGroups }),
  ...(resources && { resources }),
  ...(resourceNames && { resourceNames }),
  ...(nonResourceURLs && { nonResourceURLs }),
})
