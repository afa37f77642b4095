import { apiVersionOf, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import type { FieldSet } from '@tandem/apimachinery/patch/apply/field-set'
import { updateManagedFields, type Writer } from '@tandem/apimachinery/patch/apply/managed-fields'
import { timestamp } from '../registry/timestamp.ts'
import { schemasOf } from '../schemas.ts'
import type { ResourceRequest } from './handler.ts'
import type { WriteParameters } from './options.ts'

export interface ManagedWrite {
  object: KubernetesObject
  old: KubernetesObject | undefined
  parameters: WriteParameters
}

/** Records, in the object that is about to be written, who owns the fields that this write sets. */
export function managedByUpdate(resource: ResourceRequest, { object, old, parameters }: ManagedWrite): void {
  const { definition, kube } = resource
  const entries = updateManagedFields({
    live: old,
    object,
    schema: definition.schema,
    registry: schemasOf(definition),
    writer: writerOf(resource, parameters),
    ignored: ignoredFields(definition, kube.info.subresource),
  })
  if (entries.length > 0) object.metadata.managedFields = entries
  else delete object.metadata.managedFields
}

export const writerOf = (
  { definition, kube, request, services }: ResourceRequest,
  { fieldManager }: WriteParameters,
): Writer => ({
  manager: fieldManager ?? managerOf(request.headers['user-agent']),
  apiVersion: apiVersionOf(definition),
  subresource: kube.info.subresource || undefined,
  time: timestamp(services.clock.now()),
})

const maxLength = 128

/** Clients that do not name themselves are known by their programs. */
const managerOf = (userAgent = ''): string => {
  const program = (userAgent.split('/', 1)[0] ?? '').replace(/\p{C}/gu, '')
  return program.length <= maxLength ? program : program.slice(0, maxLength)
}

const ofStatus = new WeakMap<ResourceDefinition, FieldSet>()
const status: FieldSet = { 'f:status': {} }

/** What a write through this path cannot change: its writer does not come to own it. */
export function ignoredFields(definition: ResourceDefinition, subresource: string): FieldSet | undefined {
  if (subresource === '') return definition.subresources?.status ? status : undefined
  if (subresource !== 'status') return undefined
  let all = ofStatus.get(definition)
  if (!all) {
    const names = [...schemasOf(definition).type(definition.schema).fields.keys()]
    all = Object.fromEntries(
      names.filter((name) => name !== 'status' && name !== 'metadata').map((name) => [`f:${name}`, {}]),
    ) as FieldSet
    ofStatus.set(definition, all)
  }
  return all
}
