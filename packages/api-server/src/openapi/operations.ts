import { allVerbs, type ResourceDefinition, type SubresourceInfo } from '@tandem/apimachinery'
import { subresourcesOf } from '../discovery/subresources.ts'
import { deleting, force, listing, pretty, type QueryParameter, selecting, writing } from './parameters.ts'

/** One operation of one path, before it is written in either version of OpenAPI. */
export interface Operation extends Target {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Upstream's `x-kubernetes-action`. */
  action: string
  id: string
  description: string
  queryParameters: readonly QueryParameter[]
  body?: { type: string; contentTypes: readonly string[] }
  /** The type of the answer; absent where it is no object. */
  answer?: string
}

/** What an operation is done to. */
interface Target {
  path: string
  tag: string
  kind: { group: string; version: string; kind: string }
  pathParameters: readonly PathParameter[]
}

export interface PathParameter {
  name: string
  description: string
}

/** How a verb of Kubernetes looks in HTTP. */
interface VerbShape {
  method: Operation['method']
  action: string
  /** What operation ids begin with. */
  word: string
  description(subject: string): string
  queryParameters: readonly QueryParameter[]
  body?: 'object' | 'patch' | 'delete options'
  answer: 'object' | 'list' | 'status'
}

const verbShapes: Readonly<Record<string, VerbShape | undefined>> = {
  list: {
    method: 'get',
    action: 'list',
    word: 'list',
    description: (subject) => `list or watch objects of kind ${subject}`,
    queryParameters: [pretty, ...listing],
    answer: 'list',
  },
  create: {
    method: 'post',
    action: 'post',
    word: 'create',
    description: (subject) => `create ${article(subject)} ${subject}`,
    queryParameters: [pretty, ...writing],
    body: 'object',
    answer: 'object',
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'deleteCollection',
    description: (subject) => `delete collection of ${subject}`,
    queryParameters: [pretty, ...deleting, ...selecting],
    body: 'delete options',
    answer: 'status',
  },
  get: {
    method: 'get',
    action: 'get',
    word: 'read',
    description: (subject) => `read the specified ${subject}`,
    queryParameters: [pretty],
    answer: 'object',
  },
  update: {
    method: 'put',
    action: 'put',
    word: 'replace',
    description: (subject) => `replace the specified ${subject}`,
    queryParameters: [pretty, ...writing],
    body: 'object',
    answer: 'object',
  },
  patch: {
    method: 'patch',
    action: 'patch',
    word: 'patch',
    description: (subject) => `partially update the specified ${subject}`,
    queryParameters: [pretty, ...writing, force],
    body: 'patch',
    answer: 'object',
  },
  delete: {
    method: 'delete',
    action: 'delete',
    word: 'delete',
    description: (subject) => `delete ${article(subject)} ${subject}`,
    queryParameters: [pretty, ...deleting],
    body: 'delete options',
    answer: 'status',
  },
}

const ofCollection = ['list', 'create', 'deletecollection']
const ofItem = ['get', 'update', 'patch', 'delete']

/** Types by what a verb calls them; undefined where the schema has none. */
interface Types {
  object: string | undefined
  list: string | undefined
}

interface Subject {
  target: Target
  types: Types
  /** What operation ids say after the verb: `CoreV1NamespacedPod`. */
  name: string
  description: string
}

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]
const namespaceParameter: PathParameter = {
  name: 'namespace',
  description: 'object name and auth scope, such as for teams and projects',
}

const article = (kind: string): string => (/^[AEIOU]/.test(kind) ? 'an' : 'a')
const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

export const listType = ({ schema }: ResourceDefinition): string => `${schema}List`

/** All that can be done with a resource and its subresources. `hasType` tells whether the schema has a type. */
export function operationsOf(definition: ResourceDefinition, hasType: (name: string) => boolean): Operation[] {
  const { group, version, kind, plural, schema } = definition
  const served = new Set<string>(definition.verbs ?? allVerbs)
  const isServed = (verb: string) => served.has(verb)
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const family = group === '' ? 'core' : (group.split('.')[0] ?? '')
  const word = capitalized(family) + capitalized(version)
  const scope = definition.scope === 'Namespaced' ? [namespaceParameter] : []
  const collection = scope.length ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`
  const item = `${collection}/{name}`
  const common = { tag: `${family}_${version}`, kind: { group, version, kind } }
  const list = listType(definition)
  const types: Types = { object: schema, list: hasType(list) ? list : undefined }

  const atCollection = { ...common, path: collection, pathParameters: scope }
  const atItem = {
    ...common,
    path: item,
    pathParameters: [{ name: 'name', description: `name of the ${kind}` }, ...scope],
  }
  const name = `${word}${scope.length ? 'Namespaced' : ''}${kind}`
  const operations = [
    ...written(ofCollection.filter(isServed), { target: atCollection, types, name, description: kind }),
    ...written(ofItem.filter(isServed), { target: atItem, types, name, description: kind }),
  ]
  if (scope.length) {
    const everywhere = { ...common, path: `${root}/${plural}`, pathParameters: [] }
    const subject = { target: everywhere, types, name: `${word}${kind}ForAllNamespaces`, description: kind }
    operations.push(...written(['list'].filter(isServed), subject))
  }
  for (const sub of subresourcesOf(definition)) {
    const target = { ...atItem, path: `${item}/${sub.name}` }
    const object = sub.kind === kind ? schema : typeOfSubresource(sub, hasType)
    const subject = { target, types: { object, list: undefined }, name: name + capitalized(sub.name) }
    operations.push(...written(sub.verbs, { ...subject, description: `${kind} ${sub.name}` }))
  }
  return operations
}

function written(verbs: readonly string[], { target, types, name, description }: Subject): Operation[] {
  return verbs.flatMap((verb) => {
    const shape = verbShapes[verb]
    if (!shape) return []
    const { method, action, word, queryParameters } = shape
    const body = bodyOf(shape, types)
    const answer = shape.answer === 'status' ? `${metaTypes}.Status` : (types[shape.answer] ?? types.object)
    const operation = { method, action, queryParameters, id: word + name, description: shape.description(description) }
    return [{ ...target, ...operation, ...(body && { body }), ...(answer && { answer }) }]
  })
}

function bodyOf({ body }: VerbShape, { object }: Types): Operation['body'] {
  if (body === 'patch') return { type: `${metaTypes}.Patch`, contentTypes: patchTypes }
  if (body === 'delete options') return { type: `${metaTypes}.DeleteOptions`, contentTypes: ['*/*'] }
  return body && object ? { type: object, contentTypes: ['*/*'] } : undefined
}

function typeOfSubresource(
  { kind, group = '', version = 'v1' }: SubresourceInfo,
  hasType: (name: string) => boolean,
): string | undefined {
  const family = group === '' ? 'core' : group.split('.')[0]
  return [`io.k8s.api.${family}.${version}.${kind}`].find(hasType)
}
