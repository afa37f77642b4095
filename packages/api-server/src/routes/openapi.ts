import { builtInSchema } from '@tandem/api'
import { gitVersion } from '@tandem/component-base/version'
import { describeFromModels } from '../openapi/descriptions.ts'
import { openApiV2 } from '../openapi/document-v2.ts'
import { type DocumentOptions, documentPath, openApiV3 } from '../openapi/document-v3.ts'
import { encodeOpenApiV2, openApiV2Protobuf } from '../openapi/gnostic.ts'
import { openApiV3Index } from '../openapi/index-v3.ts'
import { sendObject, sendPageNotFound, sendText } from '../request/respond.ts'
import type { Resources } from '../resources.ts'
import { PublishedDocuments, sendDocument } from './published-documents.ts'
import type { RouteHandler } from './routes.ts'

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
