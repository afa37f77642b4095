import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import { controllers } from '@tandem/controller-manager/controllers/index.generated'

/** What each controller says it needs, for the roles that the API server writes at its start. */
export function controllerPermissions(): string {
  const byName = new Map<string, readonly PolicyRule[]>(
    controllers.map(({ name, permissions }): [string, readonly PolicyRule[]] => [name, permissions]),
  )
  const lines = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, rules]) => {
      const texts = rules.map((rule) => `    ${JSON.stringify(inOrder(rule))}`)
      return texts.length > 0
        ? `  ${JSON.stringify(name)}: [\n${texts.join(',\n')}\n  ]`
        : `  ${JSON.stringify(name)}: []`
    })
  return `{\n${lines.join(',\n')}\n}\n`
}

const inOrder = ({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule => ({
  verbs,
  ...(apiGroups && { apiGroups }),
  ...(resources && { resources }),
  ...(resourceNames && { resourceNames }),
  ...(nonResourceURLs && { nonResourceURLs }),
})
