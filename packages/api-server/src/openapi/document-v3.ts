import type { ResourceDefinition } from '@tandem/apimachinery'
import { publishedTypes } from './custom-schemas.ts'
import { type Describe, remembering } from './descriptions.ts'
import { definitionsOf, documentOperations, pathsOf, typesOf } from './documents.ts'
import { kindsOf } from './kinds.ts'
import type { Operation } from './operations.ts'
import { type Json, referenceTo, schemasOf } from './schema.ts'

export interface DocumentOptions {
  describe: Describe
  /** `v1.36.0`. */
  gitVersion: string
}

/** One document of version 3, by its name in the index: `apis/apps/v1`. Undefined where there is none. */
export async function openApiV3(
  name: string,
  definitions: readonly ResourceDefinition[],
  { gitVersion, describe }: DocumentOptions,
): Promise<Json | undefined> {
  const registry = publishedTypes(definitions)
  const operations = documentOperations(name, definitions, (type) => registry.has(type))
  if (!operations) return undefined
  const described = definitionsOf(name, definitions)
  const kinds = kindsOf(definitions, { described, hasType: (type) => registry.has(type) })
  const schemas = await schemasOf(typesOf(operations), {
    registry,
    describe: remembering(describe),
    version: 3,
    kinds,
  })
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: gitVersion },
    paths: pathsOf(operations, written),
    components: {
      ...(Object.keys(schemas).length > 0 && { schemas }),
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

const responseWords: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function written({ id, action, description, tag, kind, answer, body, method, ...operation }: Operation): Json {
  const schema = answer ? ref(answer) : { type: 'string' }
  const content = Object.fromEntries(operation.produces.map((type) => [type, { schema }]))
  const answers = operation.codes.map((code) => [code, { description: responseWords[code], content }])
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
        ...(text && { description: text }),
        schema: { type, uniqueItems: true },
      })),
    ],
    ...(body && {
      requestBody: {
        content: Object.fromEntries(body.contentTypes.map((type) => [type, { schema: ref(body.type) }])),
        ...(method !== 'delete' && { required: true }),
      },
    }),
    responses: { ...Object.fromEntries(answers), '401': { description: 'Unauthorized' } },
    ...(action && { 'x-kubernetes-action': action }),
    ...(kind && { 'x-kubernetes-group-version-kind': kind }),
  }
}

const ref = (type: string): Json => ({ $ref: referenceTo(type, 3) })
