import { allVerbs, type ResourceDefinition, type SubresourceInfo } from '@tandem/apimachinery'
import { deleting, force, listing, pretty, type QueryParameter, selecting, writing } from './parameters.ts'

/** One operation of one path, before it is written in either version of OpenAPI. */
export interface Operation {
  path: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Upstream's `x-kubernetes-action`. */
  action: 'get' | 'list' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection' | 'connect'
  id: string
  description: string
  tag: string
  kind: { group: string; version: string; kind: string }
  pathParameters: readonly PathParameter[]
  queryParameters: readonly QueryParameter[]
  body?: { type: string; contentTypes: readonly string[] }
  /** The type of the answer; text where there is none. */
  answer?: string
}

export interface PathParameter {
  name: string
  description: string
}

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'

const nameParameter = (kind: string): PathParameter => ({ name: 'name', description: `name of the ${kind}` })
const namespaceParameter: PathParameter = {
  name: 'namespace',
  description: 'object name and auth scope, such as for teams and projects',
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

/** The name that tags and operation ids use: `AppsV1`. */
const groupWord = ({ group, version }: ResourceDefinition): string =>
  capitalized(group === '' ? 'core' : (group.split('.')[0] ?? '')) + capitalized(version)

export const listType = ({ schema }: ResourceDefinition): string => `${schema}List`

/** All that can be done with a resource and its subresources. `hasType` tells whether the schema has a type. */
export function operationsOf(definition: ResourceDefinition, hasType: (name: string) => boolean): Operation[] {
  const { group, version, kind, plural, schema } = definition
  const verbs = new Set<string>(definition.verbs ?? allVerbs)
  const namespaced = definition.scope === 'Namespaced'
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`
  const item = `${collection}/{name}`
  const word = groupWord(definition)
  const scopeWord = namespaced ? 'Namespaced' : ''
  const own = namespaced ? [namespaceParameter] : []
  const common = {
    tag: word.replace(/^./, (letter) => letter.toLowerCase()).replace(/(V\d.*)$/, (part) => `_${part.toLowerCase()}`),
    kind: { group, version, kind },
  }
  const jsonBody = { type: schema, contentTypes: ['*/*'] }
  const patchBody = { type: `${metaTypes}.Patch`, contentTypes: patchTypes }
  const deleteBody = { type: `${metaTypes}.DeleteOptions`, contentTypes: ['*/*'] }
  const list = hasType(listType(definition)) ? listType(definition) : schema
  const atCollection = { ...common, path: collection, pathParameters: own }
  const atItem = { ...common, path: item, pathParameters: [nameParameter(kind), ...own] }
  const id = (verb: string, suffix = '') => `${verb}${word}${scopeWord}${kind}${suffix}`
  const operations: Operation[] = []
  const add = (verb: string, operation: Operation) => {
    if (verbs.has(verb)) operations.push(operation)
  }

  add('list', {
    ...atCollection,
    method: 'get',
    action: 'list',
    id: id('list'),
    description: `list or watch objects of kind ${kind}`,
    queryParameters: [pretty, ...listing],
    answer: list,
  })
  add('create', {
    ...atCollection,
    method: 'post',
    action: 'post',
    id: id('create'),
    description: `create ${article(kind)}`,
    queryParameters: [pretty, ...writing],
    body: jsonBody,
    answer: schema,
  })
  add('deletecollection', {
    ...atCollection,
    method: 'delete',
    action: 'deletecollection',
    id: id('delete', '').replace(kind, `Collection${scopeWord}${kind}`),
    description: `delete collection of ${kind}`,
    queryParameters: [pretty, ...deleting, ...selecting],
    body: deleteBody,
    answer: `${metaTypes}.Status`,
  })
  add('get', {
    ...atItem,
    method: 'get',
    action: 'get',
    id: id('read'),
    description: `read the specified ${kind}`,
    queryParameters: [pretty],
    answer: schema,
  })
  add('update', {
    ...atItem,
    method: 'put',
    action: 'put',
    id: id('replace'),
    description: `replace the specified ${kind}`,
    queryParameters: [pretty, ...writing],
    body: jsonBody,
    answer: schema,
  })
  add('patch', {
    ...atItem,
    method: 'patch',
    action: 'patch',
    id: id('patch'),
    description: `partially update the specified ${kind}`,
    queryParameters: [pretty, ...writing, force],
    body: patchBody,
    answer: schema,
  })
  add('delete', {
    ...atItem,
    method: 'delete',
    action: 'delete',
    id: id('delete'),
    description: `delete ${article(kind)}`,
    queryParameters: [pretty, ...deleting],
    body: deleteBody,
    answer: `${metaTypes}.Status`,
  })
  if (namespaced)
    add('list', {
      ...common,
      path: `${root}/${plural}`,
      pathParameters: [],
      method: 'get',
      action: 'list',
      id: `list${word}${kind}ForAllNamespaces`,
      description: `list or watch objects of kind ${kind}`,
      queryParameters: [pretty, ...listing],
      answer: list,
    })
  for (const sub of subresourcesOf(definition))
    for (const verb of sub.verbs) {
      const operation = subresourceOperation(definition, sub, verb)
      if (operation)
        operations.push({
          ...atItem,
          ...operation,
          path: `${item}/${sub.name}`,
          id: id(operation.id, capitalized(sub.name)),
        })
    }
  return operations

  function subresourceOperation(
    { schema: own }: ResourceDefinition,
    sub: SubresourceInfo,
    verb: string,
  ): Pick<Operation, 'method' | 'action' | 'id' | 'description' | 'queryParameters' | 'body' | 'answer'> | undefined {
    const type = sub.kind === kind ? own : typeOfSubresource(sub, hasType)
    const of = `${sub.name} of the specified ${kind}`
    const answer = type === undefined ? {} : { answer: type }
    const body = type === undefined ? {} : { body: { type, contentTypes: ['*/*'] } }
    switch (verb) {
      case 'get':
        return {
          method: 'get',
          action: 'get',
          id: 'read',
          description: `read ${of}`,
          queryParameters: [pretty],
          ...answer,
        }
      case 'update':
        return {
          method: 'put',
          action: 'put',
          id: 'replace',
          description: `replace ${of}`,
          queryParameters: [pretty, ...writing],
          ...body,
          ...answer,
        }
      case 'patch':
        return {
          method: 'patch',
          action: 'patch',
          id: 'patch',
          description: `partially update ${of}`,
          queryParameters: [pretty, ...writing, force],
          body: patchBody,
          ...answer,
        }
      case 'create':
        return {
          method: 'post',
          action: 'post',
          id: 'create',
          description: `create ${of}`,
          queryParameters: [pretty, ...writing],
          ...body,
          ...answer,
        }
      default:
        return undefined
    }
  }
}

const article = (kind: string): string => `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`

function subresourcesOf({ kind, subresources }: ResourceDefinition): SubresourceInfo[] {
  const readWrite = ['get', 'update', 'patch']
  return [
    ...(subresources?.status ? [{ name: 'status', kind, verbs: readWrite }] : []),
    ...(subresources?.scale
      ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: readWrite }]
      : []),
    ...(subresources?.others ?? []),
  ]
}

function typeOfSubresource(
  { kind, group = '', version = 'v1' }: SubresourceInfo,
  hasType: (name: string) => boolean,
): string | undefined {
  const folder = group === '' ? 'core' : group.split('.')[0]
  return [`io.k8s.api.${folder}.${version}.${kind}`].find(hasType)
}
