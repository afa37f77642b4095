import { type KubernetesObject, type ResourceDefinition, StatusError } from '@tandem/apimachinery'
import type { Accepted } from '../request/negotiation.ts'
import { listKindOf } from './list-form.ts'

/** Metadata alone, for clients that read every kind and care for none: the garbage collector, `kubectl` rows. */
export const partialMetadata = ({ metadata }: KubernetesObject, version: string) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
})

/** Metadata of one object cannot be that of a list. */
export function refuseList(as: Accepted['as'], definition: ResourceDefinition): void {
  if (as === 'PartialObjectMetadata')
    throw notConvertible(
      `you requested PartialObjectMetadata, but the requested object is a list (*${goType(definition, listKindOf(definition))})`,
    )
}

/** Nor the other way round. */
export function refuseObject(as: Accepted['as'], definition: ResourceDefinition): void {
  if (as === 'PartialObjectMetadataList')
    throw notConvertible(
      `you requested PartialObjectMetadataList, but the requested object is not a list (*${goType(definition, definition.kind)})`,
    )
}

const goType = ({ group }: ResourceDefinition, kind: string): string => `${group.split('.')[0] || 'core'}.${kind}`

const notConvertible = (message: string): StatusError =>
  new StatusError({ code: 406, reason: 'NotAcceptable', message })
