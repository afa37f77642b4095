import type { PolicyRule } from '@tandem/api/rbac/v1/types'

/**
 * Does what somebody holds cover what they want to give away? Returns the wanted rules, each cut down to one verb on one thing, that
 * are not covered: nobody may grant through a role what they do not have.
 */
export function uncoveredRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)))
}

/** One verb, one group, one resource and at most one name a rule; or one verb and one path. */
export function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const verb of rule.verbs) {
    for (const apiGroup of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) {
        const part = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] }
        if (!rule.resourceNames?.length) parts.push(part)
        for (const name of rule.resourceNames ?? []) parts.push({ ...part, resourceNames: [name] })
      }
    for (const path of rule.nonResourceURLs ?? []) parts.push({ verbs: [verb], nonResourceURLs: [path] })
  }
  return parts
}

const hasAll = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.includes('*') || wanted.every((value) => held.includes(value))

function covers(held: PolicyRule, part: PolicyRule): boolean {
  const namesHeld = held.resourceNames ?? []
  return (
    hasAll(held.verbs, part.verbs) &&
    hasAll(held.apiGroups, part.apiGroups) &&
    coversResources(held.resources ?? [], part.resources ?? []) &&
    (namesHeld.length === 0 ||
      ((part.resourceNames?.length ?? 0) > 0 && hasAllExact(namesHeld, part.resourceNames ?? []))) &&
    coversPaths(held.nonResourceURLs ?? [], part.nonResourceURLs ?? [])
  )
}

const hasAllExact = (held: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((value) => held.includes(value))

function coversResources(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.includes('*')) return true
  return wanted.every((resource) => {
    const slash = resource.indexOf('/')
    return held.includes(resource) || (slash >= 0 && held.includes(`*${resource.slice(slash)}`))
  })
}

const coversPaths = (held: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((path) =>
    held.some(
      (candidate) => candidate === path || (candidate.endsWith('*') && path.startsWith(candidate.replace(/\*+$/, ''))),
    ),
  )

/** A rule as upstream prints it in the message of a refused escalation. */
export function printRule(rule: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`] : []
  return `{${[
    ...list('APIGroups', rule.apiGroups),
    ...list('Resources', rule.resources),
    ...list('ResourceNames', rule.resourceNames),
    ...list('NonResourceURLs', rule.nonResourceURLs),
    ...list('Verbs', rule.verbs),
  ].join(', ')}}`
}
