import { gitVersion } from '@tandem/component-base/version'
import { describeFromModels } from '../openapi/descriptions.ts'
import { openApiV2 } from '../openapi/document-v2.ts'
import { type DocumentOptions, openApiV3 } from '../openapi/document-v3.ts'
import { encodeOpenApiV2, openApiV2Protobuf } from '../openapi/gnostic-v2.ts'
import { encodeOpenApiV3, openApiV3Protobuf } from '../openapi/gnostic-v3.ts'
import { openApiV3Index } from '../openapi/index-v3.ts'
import { jsonOf } from '../openapi/json-parts.ts'
import type { Json } from '../openapi/schema.ts'
import { sendPageNotFound, sendText } from '../request/respond.ts'
import type { Resources } from '../resources.ts'
import { acceptedOf } from './accepted.ts'
import { PublishedDocuments, sendDocument } from './published-documents.ts'
import type { RouteHandler } from './routes.ts'

const json = { accepts: 'application/json', type: 'application/json' }

/** Clients know protobuf by two names, of which the one with `@` is no well-formed media type: the answer has the other. */
const protobufOf = (type: string) => [
  { accepts: type, type },
  { accepts: type.replace('.v1.0', '@v1.0'), type },
]
const v2Forms = [json, ...protobufOf(openApiV2Protobuf)]
const v3Forms = [json, ...protobufOf(openApiV3Protobuf)]

const year = 365 * 24 * 60 * 60 * 1000

/** `/openapi/v2`, `/openapi/v3` and the documents below it. */
export function openApiHandlers(resources: Resources, now: () => number): Record<string, RouteHandler> {
  const options: DocumentOptions = { describe: describeFromModels(), gitVersion }
  const documents = new PublishedDocuments()
  const publish = (name: string, make: () => Promise<Uint8Array | string>, version: unknown = resources.version) =>
    documents.get(name, version, make)
  let known: { version: number; index: ReturnType<typeof openApiV3Index> } | undefined
  const index = () => {
    const { version } = resources
    if (known?.version !== version) {
      const made = openApiV3Index(resources.definitions(), gitVersion)
      documents.keep((name) => name.startsWith('v') || Object.hasOwn(made.paths, name.split(' ', 1)[0] ?? ''))
      known = { version, index: made }
    }
    return known.index
  }

  return {
    '/openapi/v2': async (request, reply) => {
      const form = acceptedOf(request.headers.accept, v2Forms)
      if (!form) return sendText(reply, 406, '')
      const document = await publish(`v2 ${form === json}`, async () => {
        const made = await openApiV2(resources.definitions(), options)
        return form === json ? jsonOf(made) : encodeOpenApiV2(made)
      })
      return sendDocument(request, reply, document, form.type)
    },
    '/openapi/v3': async (request, reply) =>
      sendDocument(request, reply, await publish('v3', async () => JSON.stringify(index()))),
    '/openapi/v3/*': async (request, reply) => {
      const path = request.kube.info.path.slice('/openapi/v3/'.length)
      const address = index().paths[path]?.serverRelativeURL
      if (!address) return sendPageNotFound(reply)
      const form = acceptedOf(request.headers.accept, v3Forms)
      if (!form) return sendText(reply, 406, '')
      const hash = request.kube.parameter('hash')
      if (hash && !address.endsWith(`=${hash}`)) return void reply.redirect(address, 301)
      // The address tells what the document is made from: others come and go without it.
      const make = async () => {
        const made = (await openApiV3(path, resources.definitions(), options)) as Json
        return form === json ? jsonOf(made) : encodeOpenApiV3(made)
      }
      const document = await publish(`${path} ${form === json}`, make, address)
      // An address with the document's hash means the same for ever.
      if (hash)
        reply.header('cache-control', 'public, immutable').header('expires', new Date(now() + year).toUTCString())
      return sendDocument(request, reply, document, form.type)
    },
  }
}
