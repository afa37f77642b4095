import { apiVersionOf, type ResourceDefinition, type SchemaRegistry } from '@tandem/apimachinery'
import { type Describe, remembering } from './descriptions.ts'
import { kindsOf } from './kinds.ts'
import { type Operation, operationsOf } from './operations.ts'
import { type Json, referenceTo, schemasOf } from './schema.ts'

export interface DocumentOptions {
  registry: SchemaRegistry & { has(name: string): boolean }
  describe: Describe
  /** `v1.36.0`. */
  gitVersion: string
}

/** `api/v1` and `apis/apps/v1`: what the index calls a document. */
export const documentPath = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? `api/${version}` : `apis/${apiVersionOf({ group, version })}`

/** OpenAPI v3 of one group and version: `/openapi/v3/apis/apps/v1`. */
export async function openApiV3(definitions: readonly ResourceDefinition[], options: DocumentOptions): Promise<Json> {
  const { registry, gitVersion } = options
  const describe = remembering(options.describe)
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
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: gitVersion },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: await schemasOf(types, { registry, describe, version: 3 }, (name) => kinds.get(name)),
      securitySchemes: {
        BearerToken: {
          description: 'Bearer Token authentication',
          type: 'apiKey',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }
}

const answerTypes = ['application/json', 'application/yaml']

function written({ id, action, description, tag, kind, answer, body, method, ...operation }: Operation): Json {
  const content = answer && Object.fromEntries(answerTypes.map((type) => [type, { schema: ref(answer) }]))
  const ok = { description: 'OK', ...(content && { content }) }
  return {
    tags: [tag],
    description,
    operationId: id,
    parameters: [
      ...operation.pathParameters.map((parameter) => ({
        ...parameter,
        in: 'path',
        required: true,
        schema: { type: 'string', uniqueItems: true },
      })),
      ...operation.queryParameters.map(({ name, type, description: text }) => ({
        name,
        in: 'query',
        description: text,
        schema: { type, uniqueItems: true },
      })),
    ],
    ...(body && {
      requestBody: {
        content: Object.fromEntries(body.contentTypes.map((type) => [type, { schema: ref(body.type) }])),
        ...(method !== 'delete' && { required: true }),
      },
    }),
    responses: {
      '200': ok,
      ...(method === 'post' && { '201': { ...ok, description: 'Created' } }),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  }
}

const ref = (type: string): Json => ({ $ref: referenceTo(type, 3) })
