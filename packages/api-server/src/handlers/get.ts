import { badRequest } from '@tandem/apimachinery'
import { sendRead } from '../request/compression.ts'
import { type Handler, keyOfRequest } from './handler.ts'
import { booleanParameter } from './options.ts'
import { viewOf } from './view.ts'

export const get: Handler = async (resource) => {
  const view = viewOf(resource)
  if (resource.kube.parameter('export') !== undefined && booleanParameter(resource.kube, 'export'))
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported')
  const resourceVersion = resource.kube.parameter('resourceVersion')
  const entry = await resource.store.get(
    keyOfRequest(resource),
    resourceVersion === undefined ? undefined : { resourceVersion },
  )
  return sendRead(resource.request, resource.reply, view.entry(entry))
}
