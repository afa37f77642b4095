import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import type { UserInfo } from '../../authentication/user.ts'
import type { Attributes, Authorizer, Decision, NonResourceRule, ResolvedRules, ResourceRule } from '../authorizer.ts'
import { noOpinion } from '../authorizer.ts'
import type { RoleIndex } from './role-index.ts'
import { ruleAllows } from './rule.ts'

/** Role-based access control over an index that follows the roles and bindings in the store. */
export function rbacAuthorizer(index: RoleIndex): Authorizer {
  return {
    name: 'RBAC',
    authorize(attributes: Attributes): Decision {
      let missing: string[] | undefined
      for (const grant of index.grants(attributes.user, attributes.namespace)) {
        if (grant.rules.some((rule) => ruleAllows(rule, attributes)))
          return { verdict: 'allow', reason: `RBAC: allowed by ${grant.describe()}` }
        if (grant.missing) missing = [...(missing ?? []), grant.missing]
      }
      return missing ? { verdict: 'no-opinion', reason: `RBAC: ${aggregate(missing)}` } : noOpinion
    },
    rulesFor(user, namespace): ResolvedRules {
      const rules = rulesHeld(index, user, namespace)
      return {
        resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
        nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length).map(nonResourceRule),
        incomplete: false,
      }
    },
  }
}

/** Every rule that the user holds in the namespace. */
export const rulesHeld = (index: RoleIndex, user: UserInfo, namespace: string): PolicyRule[] =>
  [...index.grants(user, namespace)].flatMap((grant) => grant.rules)

const aggregate = (messages: readonly string[]): string => {
  const unique = [...new Set(messages)]
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`
}

const resourceRule = ({ verbs, apiGroups, resources, resourceNames }: PolicyRule): ResourceRule => ({
  verbs,
  ...(apiGroups && { apiGroups }),
  ...(resources && { resources }),
  ...(resourceNames && { resourceNames }),
})

const nonResourceRule = ({ verbs, nonResourceURLs }: PolicyRule): NonResourceRule => ({
  verbs,
  ...(nonResourceURLs && { nonResourceURLs }),
})
