import { deleteOptions, deleteRequest } from './delete.ts'
import type { Handler } from './handler.ts'
import { listRequest, sendFound } from './list.ts'
import { viewOf } from './view.ts'

export const deleteCollection: Handler = async (resource) => {
  const view = viewOf(resource)
  const deleted = await resource.store.deleteCollection(
    listRequest(resource),
    deleteRequest(resource, deleteOptions(resource)),
  )
  return sendFound(resource, view, deleted)
}
