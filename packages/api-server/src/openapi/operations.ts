import { allVerbs, type ResourceDefinition, type SubresourceInfo } from '@tandem/apimachinery'
import { subresourcesOf } from '../discovery/subresources.ts'
import { answersWithObject } from '../handlers/deleted-answer.ts'
import { connectionsOf, isConnection, logParameters } from './connections.ts'
import type { QueryParameter } from './parameters.ts'
import { type Method, type VerbShape, verbShapes } from './verbs.ts'

/** One operation of one path, before it is written in either version of OpenAPI. */
export interface Operation {
  path: string
  method: Method
  id: string
  description: string
  tag: string
  /** Upstream's `x-kubernetes-action`, and the kind it is done to; absent where it is done to none. */
  action?: string
  kind?: GroupVersionKind
  pathParameters: readonly PathParameter[]
  queryParameters: readonly QueryParameter[]
  body?: { type: string; contentTypes: readonly string[] }
  codes: readonly number[]
  /** The type of the answer; absent where it is no object but text. */
  answer?: string
  /** Media types of the answer. */
  produces: readonly string[]
}

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface PathParameter {
  name: string
  description: string
}

/** Has the schema a type of that name? */
export type HasType = (name: string) => boolean

/** What an operation is done to. */
export interface Target {
  path: string
  tag: string
  kind: GroupVersionKind
  pathParameters: readonly PathParameter[]
  /** What operation ids say: `CoreV1` before, `NamespacedPod` after what the verb says in between. */
  family: string
  name: string
  subject: string
}

/** Types by what a verb calls them; undefined where the schema has none. */
interface Types {
  object: string | undefined
  list?: string | undefined
  deleted?: string | undefined
}

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
export const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']

const namespaceParameter: PathParameter = {
  name: 'namespace',
  description: 'object name and auth scope, such as for teams and projects',
}
const nameParameter = (kind: string): PathParameter => ({ name: 'name', description: `name of the ${kind}` })

export const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** A group as one word: `rbac.authorization.k8s.io` is `rbacAuthorization`. */
export function familyOf(group: string): string {
  const [first = 'core', ...rest] = (group.replace(/\.k8s\.io$/, '') || 'core').split('.')
  return first + rest.map(capitalized).join('')
}

export const rootOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

export const listType = ({ schema }: Pick<ResourceDefinition, 'schema'>): string => `${schema}List`

/** All that can be done with a resource and its subresources. */
export function operationsOf(definition: ResourceDefinition, hasType: HasType): Operation[] {
  const { group, version, kind, plural, schema } = definition
  const served = new Set<string>(definition.verbs ?? allVerbs)
  // Custom resources are watched at the path of their list alone.
  if (definition.custom) served.delete('watch')
  const root = rootOf(definition)
  const namespaced = definition.scope === 'Namespaced'
  const scope = namespaced ? '/namespaces/{namespace}' : ''
  const common = {
    tag: `${familyOf(group)}_${version}`,
    family: capitalized(familyOf(group)) + capitalized(version),
    kind: { group, version, kind },
    subject: kind,
  }
  const list = listType(definition)
  const types: Types = {
    object: schema,
    list: hasType(list) ? list : undefined,
    // A namespace answers with itself while its content goes, and with a Status when it is said to be gone.
    deleted: answersWithObject(definition) && kind !== 'Namespace' ? schema : `${metaTypes}.Status`,
  }
  const scoped = namespaced ? [namespaceParameter] : []
  const named = [nameParameter(kind), ...scoped]
  const name = namespaced ? `Namespaced${kind}` : kind
  const at = (path: string, rest: Pick<Target, 'pathParameters' | 'name'>): Target => ({
    ...common,
    path: root + path,
    ...rest,
  })
  const item = at(`${scope}/${plural}/{name}`, { pathParameters: named, name })
  const collection = at(`${scope}/${plural}`, { pathParameters: scoped, name })
  const operations = [
    ...written(['list', 'create', 'deletecollection'], collection, types, served),
    ...written(['get', 'update', 'patch', 'delete'], item, types, served),
  ]
  if (namespaced) {
    const everywhere = at(`/${plural}`, { pathParameters: [], name: `${kind}ForAllNamespaces` })
    operations.push(...written(['list'], everywhere, types, served))
  }
  if (served.has('watch')) operations.push(...watchesOf({ at, scope, plural, named, scoped, name, kind }))
  for (const sub of subresourcesOf(definition)) operations.push(...ofSubresource(sub, { item, definition, hasType }))
  return definition.custom ? operations.map(withoutProtobuf) : operations
}

/** Custom resources have no form in protobuf, and no patch that needs to know types. */
const withoutProtobuf = ({ body, ...operation }: Operation): Operation => ({
  ...operation,
  ...(body && {
    body: { ...body, contentTypes: body.contentTypes.filter((type) => !type.includes('strategic-merge-patch')) },
  }),
  produces: ['application/json', 'application/yaml'],
})

/** The old way of watching: a path of its own. */
function watchesOf(resource: {
  at(path: string, rest: Pick<Target, 'pathParameters' | 'name'>): Target
  scope: string
  plural: string
  named: readonly PathParameter[]
  scoped: readonly PathParameter[]
  name: string
  kind: string
}): Operation[] {
  const { at, scope, plural, named, scoped, name, kind } = resource
  const collection = at(`/watch${scope}/${plural}`, { pathParameters: scoped, name: `${name}List` })
  const one = at(`/watch${scope}/${plural}/{name}`, { pathParameters: named, name })
  const everywhere = at(`/watch/${plural}`, { pathParameters: [], name: `${kind}ListForAllNamespaces` })
  return [
    operation(verbShapes.watchlist, collection, { object: undefined }),
    operation(verbShapes.watch, one, { object: undefined }),
    ...(scope ? [operation(verbShapes.watchlist, everywhere, { object: undefined })] : []),
  ]
}

function ofSubresource(
  sub: SubresourceInfo,
  { item, definition, hasType }: { item: Target; definition: ResourceDefinition; hasType: HasType },
): Operation[] {
  const { group = definition.group, version = definition.version, kind, name } = sub
  const target: Target = {
    ...item,
    path: `${item.path}/${name}`,
    kind: { group, version, kind },
    name: item.name + capitalized(name),
    subject: `${name} of ${name === 'binding' || sub.verbs.includes('create') ? 'a' : 'the specified'} ${definition.kind}`,
  }
  if (isConnection(sub)) return connectionsOf({ ...target, subject: `${name} of ${definition.kind}` }, sub.verbs)
  const object = kind === definition.kind ? definition.schema : typeOfKind({ group, version, kind }, hasType)
  const operations = written(sub.verbs, target, { object }, new Set(sub.verbs))
  return name === 'log' ? operations.map(textOf) : operations
}

/** Logs are text, and their options are parameters. */
const textOf = ({ answer: _, ...read }: Operation): Operation => ({
  ...read,
  produces: ['text/plain', ...read.produces],
  queryParameters: [...read.queryParameters, ...logParameters()],
})

function written(verbs: readonly string[], target: Target, types: Types, served: ReadonlySet<string>): Operation[] {
  const shapes: Readonly<Record<string, VerbShape | undefined>> = verbShapes
  return verbs.flatMap((verb) => {
    const shape = shapes[verb]
    if (!shape || !served.has(verb)) return []
    const described = operation(shape, target, types)
    if (verb !== 'list' || served.has('watch')) return [described]
    return [{ ...described, description: `list objects of kind ${target.subject}` }]
  })
}

function operation(shape: VerbShape, target: Target, types: Types): Operation {
  const { method, action, word, infix = '', codes, queryParameters } = shape
  const { path, tag, kind, pathParameters, family, name, subject } = target
  const body = bodyOf(shape, types)
  const answer = answerOf(shape, types)
  return {
    path,
    method,
    action,
    id: word + family + infix + name,
    description: shape.description(subject),
    tag,
    kind,
    pathParameters,
    queryParameters,
    codes,
    ...(body && { body }),
    ...(answer && { answer }),
    produces: ['list', 'event'].includes(shape.answer) ? [...objectTypes, ...streamTypes] : objectTypes,
  }
}

function answerOf({ answer }: VerbShape, types: Types): string | undefined {
  if (answer === 'status') return `${metaTypes}.Status`
  if (answer === 'event') return `${metaTypes}.WatchEvent`
  return types[answer] ?? types.object
}

function bodyOf({ body }: VerbShape, { object }: Types): Operation['body'] {
  if (body === 'patch') return { type: `${metaTypes}.Patch`, contentTypes: patchTypes }
  if (body === 'delete options') return { type: `${metaTypes}.DeleteOptions`, contentTypes: ['*/*'] }
  return body && object ? { type: object, contentTypes: ['*/*'] } : undefined
}

/** The type of a kind of another group, as a subresource has it. */
export function typeOfKind({ group, version, kind }: GroupVersionKind, hasType: HasType): string | undefined {
  const type = `io.k8s.api.${group === '' ? 'core' : group.split('.')[0]}.${version}.${kind}`
  return hasType(type) ? type : undefined
}
