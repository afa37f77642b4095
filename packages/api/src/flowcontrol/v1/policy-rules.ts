import {
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  notSupported,
  required,
} from '@tandem/apimachinery'
import { invalidEach } from '../../core/v1/field-checks.ts'
import type { NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from './types.ts'

/** Every fault of one of a FlowSchema's rules. */
export function validateRules(field: string, rules: PolicyRulesWithSubjects): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rules
  const errors = subjects.flatMap((subject, index) => validateSubject(`${field}.subjects[${index}]`, subject))
  if (subjects.length === 0) errors.push(required(`${field}.subjects`, 'subjects must contain at least one value'))
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  return [
    ...errors,
    ...resourceRules.flatMap((rule, index) => validateResourceRule(`${field}.resourceRules[${index}]`, rule)),
    ...nonResourceRules.flatMap((rule, index) => validateNonResourceRule(`${field}.nonResourceRules[${index}]`, rule)),
  ]
}

const kinds = ['Group', 'ServiceAccount', 'User']
const members = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const
const orders = {
  ServiceAccount: ['User', 'Group'],
  User: ['ServiceAccount', 'Group'],
  Group: ['ServiceAccount', 'User'],
} as const

const isKind = (kind: string): kind is keyof typeof members => Object.hasOwn(members, kind)

function validateSubject(field: string, subject: Subject): FieldError[] {
  const { kind } = subject
  if (!isKind(kind)) return [notSupported(`${field}.kind`, kind ?? '', kinds)]
  const own = members[kind]
  const at = `${field}.${own}`
  const errors = subject[own]
    ? validateSubjectName(at, subject)
    : [required(at, `${own} is required when subject kind is '${kind}'`)]
  for (const other of orders[kind]) {
    const member = members[other]
    if (subject[member])
      errors.push(forbiddenField(`${field}.${member}`, `${member} is forbidden when subject kind is not '${other}'`))
  }
  return errors
}

function validateSubjectName(field: string, { kind, user, group, serviceAccount }: Subject): FieldError[] {
  if (kind !== 'ServiceAccount' || !serviceAccount)
    return (kind === 'User' ? user : group)?.name ? [] : [required(`${field}.name`)]
  const { name, namespace } = serviceAccount
  const errors: FieldError[] = []
  if (!name) errors.push(required(`${field}.name`))
  else if (name !== '*') errors.push(...invalidEach(`${field}.name`, name, nameIsDnsSubdomain(name, false)))
  if (!namespace) errors.push(required(`${field}.namespace`, 'must specify namespace for service account'))
  else errors.push(...invalidEach(`${field}.namespace`, namespace, nameIsDnsLabel(namespace, false)))
  return errors
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

/** A wildcard stands alone. */
const loneWildcard = (field: string, values: readonly string[], what: string): FieldError[] =>
  values.length > 1 && values.includes('*')
    ? [invalidValue(field, values, `if '*' is present, must not specify other ${what}`)]
    : []

function validateVerbs(field: string, given: readonly string[] = []): FieldError[] {
  if (given.length === 0) return [required(field, 'verbs must contain at least one value')]
  if (given.includes('*')) return loneWildcard(field, given, 'verbs')
  return given.every((verb) => verbs.includes(verb)) ? [] : [notSupported(field, given, verbs)]
}

function validateResourceRule(field: string, rule: ResourcePolicyRule): FieldError[] {
  const { apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule
  const errors = validateVerbs(`${field}.verbs`, rule.verbs)
  if (apiGroups.length === 0)
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  errors.push(...loneWildcard(`${field}.apiGroups`, apiGroups, 'api groups'))
  if (resources.length === 0)
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'))
  errors.push(...loneWildcard(`${field}.resources`, resources, 'resources'))
  const at = `${field}.namespaces`
  if (namespaces.length === 0 && !clusterScope)
    errors.push(required(at, 'resource rules that are not cluster scoped must supply at least one namespace'))
  if (namespaces.includes('*')) return [...errors, ...loneWildcard(at, namespaces, 'namespaces')]
  const intro = "each member of this list must be '*' or a DNS-1123 label; "
  for (const [index, namespace] of namespaces.entries())
    for (const message of nameIsDnsLabel(namespace, false))
      errors.push(invalidValue(`${at}[${index}]`, namespace, intro + message))
  return errors
}

function validateNonResourceRule(field: string, rule: NonResourcePolicyRule): FieldError[] {
  const { nonResourceURLs: urls = [] } = rule
  const at = `${field}.nonResourceURLs`
  const errors = validateVerbs(`${field}.verbs`, rule.verbs)
  if (urls.length === 0) errors.push(required(at, 'nonResourceURLs must contain at least one value'))
  if (urls.includes('*')) return [...errors, ...loneWildcard(at, urls, 'non-resource URLs')]
  for (const [index, url] of urls.entries()) {
    const fault = faultOfUrl(url)
    if (fault) errors.push(invalidValue(`${at}[${index}]`, url, fault))
  }
  return errors
}

/** A path, or all below one: the wildcard is its last part. */
function faultOfUrl(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const star = url.indexOf('*')
  return star >= 0 && (star !== url.length - 1 || !url.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined
}
