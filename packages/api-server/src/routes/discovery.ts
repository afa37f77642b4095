import type { FastifyReply, FastifyRequest } from 'fastify'
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from '../discovery/discovery.ts'
import { splitPath } from '../request/request-info.ts'
import { sendObject, sendPageNotFound } from '../request/respond.ts'
import type { Resources } from '../resources.ts'

/** Answers what is served: `/api`, `/apis` and what is below them but names no resource. */
export function discoveryHandler(resources: Resources, { address }: { address: () => string }) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const document = documentOf(splitPath(request.kube.info.path))
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
