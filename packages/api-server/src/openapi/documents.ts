import type { ResourceDefinition } from '@tandem/apimachinery'
import { capitalized, familyOf, type HasType, type Operation, objectTypes, operationsOf, rootOf } from './operations.ts'

const metaTypes = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** `api/v1` and `apis/apps/v1`: what the index of version 3 calls the document of a group and version. */
export const documentPath = (groupVersion: { group: string; version: string }): string => rootOf(groupVersion).slice(1)

const groupPath = (group: string): string => `apis/${group}`

/** What is beside the resources, by document: each describes one path. */
const general: Readonly<Record<string, Operation>> = {
  api: reading('api', {
    id: 'getCoreAPIVersions',
    description: 'get available API versions',
    tag: 'core',
    answer: `${metaTypes}.APIVersions`,
  }),
  apis: reading('apis', {
    id: 'getAPIVersions',
    description: 'get available API versions',
    tag: 'apis',
    answer: `${metaTypes}.APIGroupList`,
  }),
  version: reading('version', {
    id: 'getCodeVersion',
    description: 'get the version information for this server',
    tag: 'version',
    answer: 'io.k8s.apimachinery.pkg.version.Info',
    produces: ['application/json'],
  }),
  'openid/v1/jwks': reading('openid/v1/jwks', {
    id: 'getServiceAccountIssuerOpenIDKeyset',
    description: 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
    tag: 'openid',
    produces: ['application/jwk-set+json'],
  }),
  '.well-known/openid-configuration': reading('.well-known/openid-configuration', {
    id: 'getServiceAccountIssuerOpenIDConfiguration',
    description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    tag: 'WellKnown',
    produces: ['application/json'],
  }),
}

function reading(
  path: string,
  operation: Pick<Operation, 'id' | 'description' | 'tag'> & Partial<Pick<Operation, 'answer' | 'produces'>>,
): Operation {
  return {
    produces: objectTypes,
    ...operation,
    path: `/${path}/`,
    method: 'get',
    pathParameters: [],
    queryParameters: [],
    codes: [200],
  }
}

/** Every document of version 3. Together they are what the one of version 2 describes. */
export const documentNames = (definitions: readonly ResourceDefinition[]): string[] => [
  ...new Set([
    ...Object.keys(general),
    ...definitions.filter(({ group }) => group !== '').map(({ group }) => groupPath(group)),
    ...definitions.map(documentPath),
  ]),
]

/** What a document is made from: for most, the resources of a group and version. */
export const definitionsOf = (name: string, definitions: readonly ResourceDefinition[]): ResourceDefinition[] =>
  definitions.filter((definition) => documentPath(definition) === name || groupPath(definition.group) === name)

/** Undefined where there is no such document. */
export function documentOperations(
  name: string,
  definitions: readonly ResourceDefinition[],
  hasType: HasType,
): Operation[] | undefined {
  const known = Object.hasOwn(general, name) ? general[name] : undefined
  if (known) return [known]
  const [first] = definitionsOf(name, definitions)
  if (!first) return undefined
  const { group, version } = first
  const family = familyOf(group)
  if (name === groupPath(group) && group !== '') {
    const id = `get${capitalized(family)}APIGroup`
    return [
      reading(name, { id, description: 'get information of a group', tag: family, answer: `${metaTypes}.APIGroup` }),
    ]
  }
  const resources = reading(name, {
    id: `get${capitalized(family)}${capitalized(version)}APIResources`,
    description: 'get available resources',
    tag: `${family}_${version}`,
    answer: `${metaTypes}.APIResourceList`,
  })
  return [resources, ...definitionsOf(name, definitions).flatMap((definition) => operationsOf(definition, hasType))]
}

/** The types that operations name. */
export const typesOf = (operations: readonly Operation[]): Set<string> =>
  new Set(operations.flatMap(({ body, answer }) => [body?.type, answer].filter((type) => type !== undefined)))

/** Operations by path, in the order of the paths. */
export function pathsOf<T>(
  operations: readonly Operation[],
  written: (operation: Operation) => T,
): Record<string, unknown> {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  const paths = [...byPath].map(
    ([path, some]) =>
      [path, Object.fromEntries(some.map((operation) => [operation.method, written(operation)]))] as const,
  )
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)))
}
