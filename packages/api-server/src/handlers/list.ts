import { badRequest } from '@tandem/apimachinery'
import type { ListRequest } from '../registry/store.ts'
import { sendEncoded } from '../request/respond.ts'
import type { Handler, ResourceRequest } from './handler.ts'
import { integerParameter } from './options.ts'
import { sendInPieces } from './pieces.ts'
import { viewOf } from './view.ts'

/** Lists shorter than this go out as one buffer. */
const largeList = 200

export const list: Handler = async (resource) => {
  const view = viewOf(resource)
  const found = await resource.store.list(listRequest(resource))
  const pieces = found.entries.length > largeList ? view.pieces(found) : undefined
  if (pieces) return sendInPieces(resource, pieces)
  sendEncoded(resource.reply, 200, view.list(found))
}

export function listRequest({ kube }: ResourceRequest): ListRequest {
  const { info } = kube
  const namespace = info.resource === 'namespaces' ? undefined : info.namespace || undefined
  if (kube.rawQuery === '') return { namespace }
  const limit = integerParameter(kube, 'limit')
  if (limit !== undefined && limit < 0) throw badRequest('limit must be zero or greater')
  return {
    namespace,
    labelSelector: kube.parameter('labelSelector'),
    fieldSelector: kube.parameter('fieldSelector'),
    resourceVersion: kube.parameter('resourceVersion'),
    resourceVersionMatch: kube.parameter('resourceVersionMatch'),
    continue: kube.parameter('continue'),
    limit: limit === 0 ? undefined : limit,
  }
}
