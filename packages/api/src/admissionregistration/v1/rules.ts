import { duplicate, type FieldError, invalidValue, notSupported, required } from '@tandem/apimachinery'
import { nameIsPathSegment } from '@tandem/apimachinery/names'
import { invalidEach } from '../../core/v1/field-checks.ts'
import type { NamedRuleWithOperations, RuleWithOperations } from './types.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

export function defaultRules(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}

export function validateRule(field: string, rule: RuleWithOperations): FieldError[] {
  const { apiGroups = [], apiVersions = [], scope } = rule
  return [
    ...validateOperations(`${field}.operations`, rule.operations),
    ...(apiGroups.length === 0 ? [required(`${field}.apiGroups`)] : []),
    ...aloneWithWildcard(`${field}.apiGroups`, apiGroups, 'API groups'),
    ...(apiVersions.length === 0 ? [required(`${field}.apiVersions`)] : []),
    ...aloneWithWildcard(`${field}.apiVersions`, apiVersions, 'API versions'),
    ...apiVersions.flatMap((version, index) => (version ? [] : [required(`${field}.apiVersions[${index}]`)])),
    ...validateResources(`${field}.resources`, rule.resources),
    ...(scope !== undefined && !scopes.includes(scope) ? [notSupported(`${field}.scope`, scope, scopes)] : []),
  ]
}

/** A rule of a policy, which may name objects too. */
export function validateNamedRule(field: string, rule: NamedRuleWithOperations): FieldError[] {
  const names = rule.resourceNames ?? []
  return [
    ...names.flatMap((name, index) => [
      ...invalidEach(`${field}.resourceNames[${index}]`, name, nameIsPathSegment(name, false)),
      ...(names.indexOf(name) < index ? [duplicate(`${field}.resourceNames[${index}]`, name)] : []),
    ]),
    ...validateRule(field, rule),
  ]
}

const aloneWithWildcard = (field: string, values: readonly string[], what: string): FieldError[] =>
  values.length > 1 && values.includes('*')
    ? [invalidValue(field, values, `if '*' is present, must not specify other ${what}`)]
    : []

function validateOperations(field: string, asked: readonly string[] = []): FieldError[] {
  return [
    ...(asked.length === 0 ? [required(field)] : []),
    ...aloneWithWildcard(field, asked, 'operations'),
    ...asked.flatMap((operation, index) =>
      operations.includes(operation) ? [] : [notSupported(`${field}[${index}]`, operation, operations)],
    ),
  ]
}

// Each of `pods`, `pods/log`, `pods/*`, `*` and those of all resources or subresources says something that the others do not.
function validateResources(field: string, resources: readonly string[] = []): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(field)] : []
  const allSubresourcesOf = new Set<string>()
  const onAllResources = new Set<string>()
  for (const [index, entry] of resources.entries()) {
    const at = `${field}[${index}]`
    if (entry === '') {
      errors.push(required(at))
      continue
    }
    const [resource = '', ...rest] = entry.split('/')
    if (rest.length === 0) continue
    const subresource = rest.join('/')
    if (allSubresourcesOf.has(resource))
      errors.push(invalidValue(at, entry, `if '${resource}/*' is present, must not specify ${entry}`))
    if (onAllResources.has(subresource))
      errors.push(invalidValue(at, entry, `if '*/${subresource}' is present, must not specify ${entry}`))
    if (subresource === '*') allSubresourcesOf.add(resource)
    if (resource === '*') onAllResources.add(subresource)
  }
  const plain = resources.filter((entry) => entry && !entry.includes('/')).at(-1)
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidValue(field, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && plain !== undefined && plain !== '*')
    errors.push(
      invalidValue(field, resources, "if '*' is present, must not specify other resources without subresources"),
    )
  return errors
}
