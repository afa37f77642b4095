import { conflict, type KubernetesObject, type ObjectKey, type ResourceDefinition } from '@tandem/apimachinery'
import { entryKey } from './keys.ts'
import type { Preconditions } from './store.ts'

/** What a deletion insists on: told in terms of the kind. */
export function checkDeletePreconditions<T extends KubernetesObject>(
  { group, kind }: ResourceDefinition<T>,
  { metadata }: T,
  { uid, resourceVersion }: Preconditions = {},
): void {
  const refuse = (why: string) => conflict({ group, resource: kind }, metadata.name, why)
  if (uid !== undefined && uid !== metadata.uid)
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

/** What an update insists on: told in terms of what is stored, an object that is not there included. */
export function checkUpdatePreconditions<T extends KubernetesObject>(
  { group, plural }: ResourceDefinition<T>,
  metadata: ObjectKey & Preconditions,
  { preconditions = {}, prefix }: { preconditions: Preconditions | undefined; prefix: string },
): void {
  const { uid, resourceVersion } = preconditions
  const refuse = (why: string) =>
    conflict(
      { group, resource: plural },
      metadata.name,
      `StorageError: invalid object, Code: 4, Key: ${prefix}${entryKey(metadata)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${why}`,
    )
  if (uid !== undefined && uid !== (metadata.uid ?? ''))
    throw refuse(`UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`)
  if (resourceVersion !== undefined && resourceVersion !== (metadata.resourceVersion ?? ''))
    throw refuse(
      `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ''}`,
    )
}
