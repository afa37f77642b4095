import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { builtInSchema } from '@tandem/api'
import { gitVersion } from '@tandem/component-base/version'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { describeFromModels } from '../openapi/descriptions.ts'
import { openApiV2 } from '../openapi/document-v2.ts'
import { type DocumentOptions, documentPath, openApiV3 } from '../openapi/document-v3.ts'
import { encodeOpenApiV2, openApiV2Protobuf } from '../openapi/gnostic.ts'
import { openApiV3Index, type Published, PublishedDocuments } from '../openapi/published.ts'
import { sendObject, sendPageNotFound, sendText } from '../request/respond.ts'
import type { Resources } from '../resources.ts'
import type { RouteHandler } from './routes.ts'

const decompress = promisify(gunzip)

/** `/openapi/v2`, `/openapi/v3` and the documents below it. */
export function openApiHandlers(resources: Resources): Record<string, RouteHandler> {
  const options: DocumentOptions = { registry: builtInSchema, describe: describeFromModels(), gitVersion }
  const documents = new PublishedDocuments()
  const publish = (name: string, make: () => Promise<Uint8Array | string>) =>
    documents.get(name, resources.version, make)
  const v2 = () => openApiV2(resources.definitions(), options)

  return {
    '/openapi/v2': async (request, reply) => {
      const { accept = '' } = request.headers
      if (accept.includes(openApiV2Protobuf)) {
        const document = await publish('v2 protobuf', async () => encodeOpenApiV2(await v2()))
        return sendDocument(request, reply, document, openApiV2Protobuf)
      }
      if (!takesJson(accept)) return sendText(reply, 406, '')
      return sendDocument(request, reply, await publish('v2', async () => JSON.stringify(await v2())))
    },
    '/openapi/v3': (request, reply) =>
      sendObject(request, reply, 200, openApiV3Index(resources.definitions(), gitVersion)),
    '/openapi/v3/*': async (request, reply) => {
      const path = request.kube.info.path.slice('/openapi/v3/'.length)
      const served = resources.definitions().filter((definition) => documentPath(definition) === path)
      if (served.length === 0) return sendPageNotFound(reply)
      if (!takesJson(request.headers.accept ?? '')) return sendText(reply, 406, '')
      const document = await publish(path, async () => JSON.stringify(await openApiV3(served, options)))
      // An address with the document's hash means the same for ever.
      if (request.kube.query.has('hash')) reply.header('cache-control', 'public, immutable')
      return sendDocument(request, reply, document)
    },
  }
}

const takesJson = (accept: string): boolean =>
  accept === '' ||
  accept.split(',').some((clause) => /^\s*(\*\/\*|application\/\*|application\/json)\s*(;|$)/.test(clause))

async function sendDocument(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { compressed, etag }: Published,
  type = 'application/json',
): Promise<void> {
  reply.header('etag', etag).header('vary', 'Accept, Accept-Encoding')
  if (headers['if-none-match'] === etag) {
    reply.code(304).send()
    return
  }
  reply.header('content-type', type)
  const encoding = headers['accept-encoding']
  if (typeof encoding === 'string' && encoding.includes('gzip'))
    reply.header('content-encoding', 'gzip').send(compressed)
  else reply.send(await decompress(compressed))
}
