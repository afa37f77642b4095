import { bindings } from '@tandem/api/core/v1/binding'
import { pods } from '@tandem/api/core/v1/pod'
import { setPodCondition } from '@tandem/api/core/v1/pod-conditions'
import type { Binding, Pod } from '@tandem/api/core/v1/types'
import { badRequest, conflict, success } from '@tandem/apimachinery'
import { admissionRequest, type Handler, type ResourceRequest } from '../../handlers/handler.ts'
import { sendObject } from '../../request/respond.ts'
import type { UpdateRules } from '../store.ts'
import { decodeSubresource } from './decode.ts'

/** The write is the server's own: it changes what no client may. */
const rules: UpdateRules<Pod> = { prepareForUpdate: () => undefined, validateUpdate: () => [], keepGeneration: true }

/** `pods/binding`: ties a pod to a node, once. */
export const createBinding: Handler = (resource) => bind(resource, resource.kube.info.name)

/** `bindings`: the same, with the pod named in the body. */
export const createLegacyBinding: Handler = (resource) => bind(resource, undefined)

async function bind(resource: ResourceRequest, nameInUrl: string | undefined): Promise<void> {
  const { kube, services, request, reply } = resource
  const { object: binding, dryRun } = decodeSubresource<Binding>(resource, bindings)
  const name = binding.metadata.name
  if (nameInUrl !== undefined && name !== nameInUrl)
    throw badRequest('name in URL does not match name in Binding object')
  const faults = bindings.validate?.(binding) ?? []
  if (faults.length > 0) throw badRequest(faults.map(({ field, message }) => `${field}: ${message}`).join(', '))
  const admission = admissionRequest(resource, {
    operation: 'CREATE',
    object: binding,
    oldObject: undefined,
    dryRun,
    name,
  })
  await services.admission.admit(admission)
  await services.admission.validate(admission)

  const { uid, resourceVersion } = binding.metadata
  await services.resources
    .store(pods)
    .update({ namespace: kube.info.namespace, name }, (pod) => assign(pod as Pod, binding, services.clock.now()), {
      dryRun,
      subresource: 'binding',
      rules,
      preconditions: { uid: uid || undefined, resourceVersion: resourceVersion || undefined },
    })
  sendObject(request, reply, 201, success(undefined, 201))
}

function assign(pod: Pod, { metadata, target }: Binding, now: number): Pod {
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, pod.metadata.name, why)
  if (pod.metadata.deletionTimestamp)
    throw refuse(`pod ${pod.metadata.name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName)
    throw refuse(`pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${pod.metadata.name} has non-empty .spec.schedulingGates`)
  pod.spec.nodeName = target.name ?? ''
  if (metadata.annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations }
  if (metadata.labels) pod.metadata.labels = { ...pod.metadata.labels, ...metadata.labels }
  pod.status ??= {}
  delete pod.status.nominatedNodeName
  setPodCondition(pod.status, { type: 'PodScheduled', status: 'True' }, now)
  return pod
}
