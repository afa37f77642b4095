import type { ResourceDefinition } from '@tandem/apimachinery'
import { remembering } from './descriptions.ts'
import type { DocumentOptions } from './document-v3.ts'
import { kindsOf } from './kinds.ts'
import { type Operation, operationsOf } from './operations.ts'
import { type Json, referenceTo, schemasOf } from './schema.ts'

/** OpenAPI v2 of everything that is served, for clients before 1.27: `/openapi/v2`. */
export async function openApiV2(definitions: readonly ResourceDefinition[], options: DocumentOptions): Promise<Json> {
  const { registry, gitVersion } = options
  const operations = definitions.flatMap((definition) => operationsOf(definition, (name) => registry.has(name)))
  const types = new Set(
    operations.flatMap(({ body, answer }) => [body?.type, answer].filter((type) => type !== undefined)),
  )
  const kinds = kindsOf(definitions)
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    paths[operation.path] ??= {}
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: written(operation) })
  }
  const describe = remembering(options.describe)
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: gitVersion },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    definitions: await schemasOf(types, { registry, describe, version: 2 }, (name) => kinds.get(name)),
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  }
}

function written({ id, action, description, tag, kind, answer, body, method, ...operation }: Operation): Json {
  const ok = { description: 'OK', ...(answer && { schema: ref(answer) }) }
  return {
    consumes: body?.contentTypes ?? ['*/*'],
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
        description: text,
        in: 'query',
        name,
        type,
        uniqueItems: true,
      })),
    ],
    produces: ['application/json', 'application/yaml'],
    responses: {
      '200': ok,
      ...(method === 'post' && { '201': { ...ok, description: 'Created' } }),
      '401': { description: 'Unauthorized' },
    },
    schemes: ['https'],
    tags: [tag],
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  }
}

const ref = (type: string): Json => ({ $ref: referenceTo(type, 2) })
