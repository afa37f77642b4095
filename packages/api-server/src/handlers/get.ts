import { sendRead } from '../request/compression.ts'
import { type Handler, keyOfRequest } from './handler.ts'
import { viewOf } from './view.ts'

export const get: Handler = async (resource) => {
  const view = viewOf(resource)
  const resourceVersion = resource.kube.parameter('resourceVersion')
  const entry = await resource.store.get(
    keyOfRequest(resource),
    resourceVersion === undefined ? undefined : { resourceVersion },
  )
  return sendRead(resource.request, resource.reply, view.entry(entry))
}
