import { badRequest, type KubernetesObject } from '@tandem/apimachinery'
import type { UpdateRequest } from '../registry/store.ts'
import { sendEncoded } from '../request/respond.ts'
import { fillNamespace } from './create.ts'
import { decodeBody } from './decode.ts'
import { admissionRequest, type Handler, keyOfRequest, type ResourceRequest } from './handler.ts'
import { managedByUpdate } from './managed-fields.ts'
import { type WriteParameters, writeParameters } from './options.ts'
import { viewOf } from './view.ts'

export const update: Handler = async (resource) => {
  const { kube, store, definition, services } = resource
  const view = viewOf(resource)
  const parameters = writeParameters(kube, 'UpdateOptions')
  const sent = decodeBody(resource, parameters)
  checkName(sent, kube.info.name)
  fillNamespace(sent, kube.info.resource === 'namespaces' ? '' : kube.info.namespace, definition.scope)

  const { entry, created } = await store.update(
    keyOfRequest(resource),
    async (current) => {
      const object = structuredClone(sent)
      managedByUpdate(resource, { object, old: current, parameters })
      await services.admission.admit(
        admissionRequest(resource, {
          operation: current ? 'UPDATE' : 'CREATE',
          object,
          oldObject: current,
          dryRun: parameters.dryRun,
        }),
      )
      return object
    },
    { ...updateRequest(resource, parameters), preconditions: { uid: sent.metadata.uid || undefined } },
  )
  sendEncoded(resource.reply, created ? 201 : 200, view.entry(entry))
}

/** What updates and patches tell the store alike. */
export function updateRequest(resource: ResourceRequest, { dryRun }: WriteParameters): UpdateRequest<KubernetesObject> {
  const { kube, services } = resource
  return {
    dryRun,
    subresource: kube.info.subresource || undefined,
    admit: (object, old) =>
      services.admission.validate(
        admissionRequest(resource, { operation: old ? 'UPDATE' : 'CREATE', object, oldObject: old, dryRun }),
      ),
    warn: (text) => kube.warn(text),
    by: kube.user,
  }
}

export function checkName(object: KubernetesObject, name: string): void {
  if (!object.metadata.name) throw badRequest('name must be provided')
  if (object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
}
