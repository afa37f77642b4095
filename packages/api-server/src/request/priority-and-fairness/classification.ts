import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '@tandem/api/flowcontrol/v1/types'
import type { UserInfo } from '../../authentication/user.ts'
import type { RequestInfo } from '../request-info.ts'

/** A FlowSchema made ready to be asked for every request. */
export interface ClassifiedSchema {
  readonly name: string
  readonly uid: string
  readonly level: string
  readonly rules: readonly ClassifiedRule[]
  /** Which of the schema's flows a request belongs to. */
  flowOf(user: UserInfo, info: RequestInfo): string
}

export type Test<T> = (value: T) => boolean

/** Matches the requests of its subjects for which one of the tests of their sort holds. */
export interface ClassifiedRule {
  readonly subjects: Test<UserInfo>
  readonly resource: readonly Test<RequestInfo>[]
  readonly nonResource: readonly Test<RequestInfo>[]
}

/** As much of a FlowSchema as counts here. */
export type SchemaObject = Pick<FlowSchema, 'spec'> & { metadata: { name: string; uid?: string } }

/** In the order in which they are asked: by precedence, then by name. */
export const inMatchingOrder = (schemas: readonly SchemaObject[]): SchemaObject[] =>
  [...schemas].sort(
    (a, b) =>
      (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  )

export function classifiedSchema({ metadata, spec }: SchemaObject): ClassifiedSchema {
  const method = spec.distinguisherMethod?.type
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    level: spec.priorityLevelConfiguration.name,
    rules: (spec.rules ?? []).map(classifiedRule),
    flowOf: (user, info) => (method === 'ByUser' ? user.username : method === 'ByNamespace' ? info.namespace : ''),
  }
}

function classifiedRule({
  subjects,
  resourceRules = [],
  nonResourceRules = [],
}: PolicyRulesWithSubjects): ClassifiedRule {
  return {
    subjects: subjectTest(subjects),
    resource: resourceRules.map(resourceTest),
    nonResource: nonResourceRules.map(nonResourceTest),
  }
}

function subjectTest(subjects: readonly Subject[]): Test<UserInfo> {
  const users = new Set(subjects.flatMap(({ kind, user }) => (kind === 'User' && user ? [user.name] : [])))
  const groups = new Set(subjects.flatMap(({ kind, group }) => (kind === 'Group' && group ? [group.name] : [])))
  const allOf: string[] = []
  for (const { kind, serviceAccount } of subjects) {
    if (kind !== 'ServiceAccount' || !serviceAccount) continue
    const prefix = `system:serviceaccount:${serviceAccount.namespace}:`
    if (serviceAccount.name === '*') allOf.push(prefix)
    else users.add(prefix + serviceAccount.name)
  }
  if (users.has('*') || groups.has('*')) return () => true
  return (user) =>
    users.has(user.username) ||
    user.groups.some((group) => groups.has(group)) ||
    allOf.some((prefix) => user.username.startsWith(prefix))
}

function resourceTest({
  verbs,
  apiGroups,
  resources,
  namespaces = [],
  clusterScope = false,
}: ResourcePolicyRule): Test<RequestInfo> {
  const verb = among(verbs)
  const group = among(apiGroups)
  const resource = among(resources)
  const namespace = among(namespaces)
  return (info) =>
    verb(info.verb) &&
    resource(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`) &&
    group(info.apiGroup) &&
    (info.namespace === '' ? clusterScope : namespace(info.namespace))
}

function nonResourceTest({ verbs, nonResourceURLs }: NonResourcePolicyRule): Test<RequestInfo> {
  const verb = among(verbs)
  const paths = nonResourceURLs.map(pathTest)
  return (info) => verb(info.verb) && paths.some((matches) => matches(info.path))
}

/** One of a list, or anything where the list is a lone wildcard. */
function among(list: readonly string[]): Test<string> {
  if (list.length === 1 && list[0] === '*') return () => true
  const known = new Set(list)
  return (value) => known.has(value)
}

/** `/healthz` also stands for what is below it, as `/healthz/*` does. */
function pathTest(url: string): Test<string> {
  if (url === '*') return () => true
  const prefix = url.endsWith('*') ? url.slice(0, -1) : url
  const below = prefix.endsWith('/') ? prefix : `${prefix}/`
  return (path) => path === url || path.startsWith(below)
}
