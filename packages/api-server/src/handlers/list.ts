import type { ListRequest, StoredList } from '../registry/store.ts'
import { sendRead } from '../request/compression.ts'
import type { Handler, ResourceRequest } from './handler.ts'
import { sendList } from './list-body.ts'
import { booleanParameter, integerParameter } from './options.ts'
import { type View, viewOf } from './view.ts'

/** Lists shorter than this, in both, go out as one buffer. */
const largeList = 200
const largeListBytes = 1 << 20

export const list: Handler = async (resource) => {
  const view = viewOf(resource)
  return sendFound(resource, view, await resource.store.list(listRequest(resource)))
}

export function sendFound(resource: ResourceRequest, view: View, found: StoredList): void | Promise<void> {
  const { mediaType } = view.accepted
  const parts = view.parts(found)
  if (isLarge(found)) return sendList(resource, mediaType, parts)
  return sendRead(resource.request, resource.reply, { mediaType, body: Buffer.concat([...parts]) })
}

const isLarge = ({ entries }: StoredList): boolean =>
  entries.length > largeList || entries.reduce((bytes, { json }) => bytes + json.byteLength, 0) > largeListBytes

export function listRequest({ kube }: ResourceRequest): ListRequest {
  const { info } = kube
  const namespace = info.resource === 'namespaces' ? undefined : info.namespace || undefined
  if (kube.rawQuery === '') return { namespace }
  return {
    namespace,
    labelSelector: kube.parameter('labelSelector'),
    fieldSelector: kube.parameter('fieldSelector'),
    resourceVersion: kube.parameter('resourceVersion'),
    resourceVersionMatch: kube.parameter('resourceVersionMatch'),
    continue: kube.parameter('continue'),
    limit: integerParameter(kube, 'limit') || undefined,
    sendInitialEvents: kube.query.has('sendInitialEvents') ? booleanParameter(kube, 'sendInitialEvents') : undefined,
  }
}
