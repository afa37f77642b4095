import { badRequest, type KubernetesObject } from '@tandem/apimachinery'
import { sendEncoded } from '../request/respond.ts'
import { decodeBody } from './decode.ts'
import { admissionRequest, type Handler } from './handler.ts'
import { managedByUpdate } from './managed-fields.ts'
import { writeParameters } from './options.ts'
import { viewOf } from './view.ts'

export const create: Handler = async (resource) => {
  const { kube, store, definition, services } = resource
  const view = viewOf(resource)
  const parameters = writeParameters(kube, 'CreateOptions')
  const { dryRun } = parameters
  const object = decodeBody(resource, parameters)
  fillNamespace(object, kube.info.resource === 'namespaces' ? '' : kube.info.namespace, definition.scope)

  const name = object.metadata.name ?? ''
  const admission = (now: KubernetesObject) =>
    admissionRequest(resource, { operation: 'CREATE', object: now, oldObject: undefined, dryRun, name })
  // What admission sets is nobody's: fields are counted as the client sent them.
  managedByUpdate(resource, { object, old: undefined, parameters })
  await services.admission.admit(admission(object))

  const entry = await store.create(object, {
    dryRun,
    namespace: kube.info.namespace || undefined,
    by: kube.user,
    admit: (written) => services.admission.validate(admission(written)),
    warn: (text) => kube.warn(text),
  })
  sendEncoded(resource.reply, 201, view.entry(entry))
}

/** Admission is to see the namespace that the object will have. */
export function fillNamespace(object: KubernetesObject, namespace: string, scope: 'Namespaced' | 'Cluster'): void {
  const { metadata } = object
  if (scope === 'Cluster') {
    if (metadata.namespace) delete metadata.namespace
    return
  }
  if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}
