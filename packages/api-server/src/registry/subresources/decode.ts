import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { decodeBody } from '../../handlers/decode.ts'
import type { ResourceRequest } from '../../handlers/handler.ts'
import { writeParameters } from '../../handlers/options.ts'

/** A kind that is only ever the body of a subresource: it has a schema, and no storage of its own. */
export interface SubresourceKind {
  group: string
  version: string
  kind: string
  schema: string
}

export interface DecodedSubresource<T> {
  object: T
  dryRun: boolean
}

export function decodeSubresource<T extends KubernetesObject>(
  resource: ResourceRequest,
  kind: SubresourceKind,
): DecodedSubresource<T> {
  const parameters = writeParameters(
    resource.kube,
    resource.kube.info.verb === 'create' ? 'CreateOptions' : 'UpdateOptions',
  )
  const definition: ResourceDefinition = { ...kind, plural: resource.kube.info.subresource, scope: 'Namespaced' }
  const object = decodeBody({ ...resource, definition }, parameters) as T
  return { object, dryRun: parameters.dryRun }
}
