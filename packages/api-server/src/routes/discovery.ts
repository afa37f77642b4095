import type { FastifyReply, FastifyRequest } from 'fastify'
import { acceptedAggregation, aggregatedType, groupDiscoveryList } from '../discovery/aggregated.ts'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from '../discovery/discovery.ts'
import { encodeObject } from '../request/encode.ts'
import { splitPath } from '../request/request-info.ts'
import { sendObject, sendPageNotFound } from '../request/respond.ts'
import type { Resources } from '../resources.ts'
import { PublishedDocuments, sendDocument } from './published-documents.ts'

/** Answers what is served: `/api`, `/apis` and what is below them but names no resource. */
export function discoveryHandler(resources: Resources, { address }: { address: () => string }) {
  const documents = new PublishedDocuments()
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = splitPath(request.kube.info.path)
    const mediaType = path.length === 1 ? acceptedAggregation(request.headers.accept) : undefined
    if (mediaType) {
      const isCore = path[0] === 'api'
      const document = await documents.get(`${path[0]} ${mediaType}`, resources.version, async () => {
        const definitions = resources.definitions().filter(({ group }) => (group === '') === isCore)
        return encodeObject(groupDiscoveryList(definitions), { mediaType, pretty: false }).body
      })
      reply.header('cache-control', 'public')
      return sendDocument(request, reply, document, aggregatedType(mediaType))
    }
    const document = documentOf(path)
    if (document) sendObject(request, reply, 200, document)
    else sendPageNotFound(reply)
  }

  function documentOf([prefix, ...rest]: string[]): object | undefined {
    const definitions = resources.definitions()
    if (prefix === 'api') {
      if (rest.length === 0) return apiVersions(address())
      return rest.length === 1 ? apiResourceList(definitions, { group: '', version: rest[0] ?? '' }) : undefined
    }
    const [group = '', version = ''] = rest
    if (rest.length === 0) return apiGroupList(definitions)
    if (rest.length === 1) return apiGroup(definitions, group)
    return rest.length === 2 ? apiResourceList(definitions, { group, version }) : undefined
  }
}
