import { invalidValue } from '@tandem/apimachinery'
import { deleteOptions, deleteRequest } from './delete.ts'
import type { Handler } from './handler.ts'
import { listRequest, sendFound } from './list.ts'
import { check } from './options.ts'
import { viewOf } from './view.ts'

const oneByOne = invalidValue(
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  true,
  'is not allowed with DELETECOLLECTION, try again after removing the option',
)

export const deleteCollection: Handler = async (resource) => {
  const view = viewOf(resource)
  const options = deleteOptions(resource)
  if (options.ignoreStoreReadErrorWithClusterBreakingPotential) check('DeleteOptions', [oneByOne])
  const deleted = await resource.store.deleteCollection(listRequest(resource), deleteRequest(resource, options))
  return sendFound(resource, view, deleted)
}
