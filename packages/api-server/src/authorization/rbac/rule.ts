import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import type { Attributes } from '../authorizer.ts'

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value))

/** Does one rule of a role allow this? */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false
  if (!attributes.isResourceRequest) return coversPath(rule.nonResourceURLs, attributes.path)
  return (
    has(rule.apiGroups, attributes.apiGroup) &&
    coversResource(rule.resources, attributes) &&
    coversName(rule.resourceNames, attributes.name)
  )
}

function coversResource(resources: readonly string[] | undefined, { resource, subresource }: Attributes): boolean {
  if (!resources) return false
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return resources.some(
    (candidate) =>
      candidate === '*' || candidate === combined || (subresource !== '' && candidate === `*/${subresource}`),
  )
}

const coversName = (names: readonly string[] | undefined, name: string): boolean =>
  names === undefined || names.length === 0 || names.includes(name)

const coversPath = (paths: readonly string[] | undefined, path: string): boolean =>
  paths?.some(
    (candidate) =>
      candidate === '*' ||
      candidate === path ||
      (candidate.endsWith('*') && path.startsWith(candidate.replace(/\*+$/, ''))),
  ) ?? false
