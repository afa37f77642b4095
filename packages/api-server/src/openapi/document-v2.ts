import type { ResourceDefinition } from '@tandem/apimachinery'
import { Turns } from '../registry/turns.ts'
import { publishedTypes } from './custom-schemas.ts'
import { remembering } from './descriptions.ts'
import type { DocumentOptions } from './document-v3.ts'
import { documentNames, documentOperations, pathsOf, typesOf } from './documents.ts'
import { kindsOf } from './kinds.ts'
import type { Operation } from './operations.ts'
import { type Json, referenceTo, schemasOf } from './schema.ts'

/** OpenAPI v2 of everything that is served, for clients before 1.27: `/openapi/v2`. */
export async function openApiV2(
  definitions: readonly ResourceDefinition[],
  { gitVersion, describe }: DocumentOptions,
): Promise<Json> {
  const registry = publishedTypes(definitions)
  const hasType = (type: string) => registry.has(type)
  const operations: Operation[] = []
  const turns = new Turns()
  for (const name of documentNames(definitions)) {
    operations.push(...(documentOperations(name, definitions, hasType) ?? []))
    await turns.take()
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: gitVersion },
    paths: pathsOf(operations, written),
    definitions: await schemasOf(typesOf(operations), {
      registry,
      describe: remembering(describe),
      version: 2,
      kinds: kindsOf(definitions, { described: definitions, hasType }),
    }),
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  }
}

const responseWords: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

/** What reads no object takes what it answers with. */
const consumes = ({ body, action, produces }: Operation): readonly string[] =>
  body?.contentTypes ?? (action ? ['*/*'] : produces.includes('application/yaml') ? produces : ['application/json'])

function written(described: Operation): Json {
  const { id, action, description, tag, kind, answer, body, method, ...operation } = described
  const schema = answer ? ref(answer) : { type: 'string' }
  const answers = operation.codes.map((code) => [code, { description: responseWords[code], schema }])
  return {
    ...((body ?? action ?? answer) && { consumes: consumes(described) }),
    description,
    operationId: id,
    parameters: [
      ...operation.pathParameters.map((parameter) => ({
        ...parameter,
        in: 'path',
        required: true,
        type: 'string',
        uniqueItems: true,
      })),
      ...(body
        ? [{ in: 'body', name: 'body', schema: ref(body.type), ...(method !== 'delete' && { required: true }) }]
        : []),
      ...operation.queryParameters.map(({ name, type, description: text }) => ({
        ...(text && { description: text }),
        in: 'query',
        name,
        type,
        uniqueItems: true,
      })),
    ],
    produces: operation.produces,
    responses: { ...Object.fromEntries(answers), '401': { description: 'Unauthorized' } },
    schemes: ['https'],
    tags: [tag],
    ...(action && { 'x-kubernetes-action': action }),
    ...(kind && { 'x-kubernetes-group-version-kind': kind }),
  }
}

const ref = (type: string): Json => ({ $ref: referenceTo(type, 2) })
