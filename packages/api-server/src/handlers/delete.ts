import { type DeleteOptions, type KubernetesObject, success, validateDeleteOptions } from '@tandem/apimachinery'
import type { DeleteRequest, DeleteResult } from '../registry/store.ts'
import { sendEncoded, sendObject } from '../request/respond.ts'
import { decodeDeleteOptions } from './decode.ts'
import { answersWithObject } from './deleted-answer.ts'
import { admissionRequest, type Handler, keyOfRequest, type ResourceRequest } from './handler.ts'
import { booleanParameter, check, integerParameter } from './options.ts'
import { viewOf } from './view.ts'

export const deleteObject: Handler = async (resource) => {
  const { store } = resource
  const options = deleteOptions(resource)
  const result = await store.delete(keyOfRequest(resource), deleteRequest(resource, options))
  sendDeleted(resource, result, options)
}

function sendDeleted(
  resource: ResourceRequest,
  { entry, deleted }: DeleteResult<KubernetesObject>,
  options: DeleteOptions,
): void {
  const { request, reply, definition, kube } = resource
  const code = !deleted && options.orphanDependents === false ? 202 : 200
  if (!deleted || answersWithObject(definition)) {
    const view = viewOf(resource)
    sendEncoded(reply, code, view.entry(entry))
    return
  }
  const { uid } = entry.object().metadata
  sendObject(
    request,
    reply,
    code,
    success({ name: kube.info.name, group: definition.group, kind: definition.plural, uid }, undefined),
  )
}

export function deleteOptions(resource: ResourceRequest): DeleteOptions {
  const { kube, request } = resource
  const body = request.body as Buffer | undefined
  const options = body && body.length > 0 ? decodeDeleteOptions(resource) : optionsOfQuery(kube)
  check('DeleteOptions', validateDeleteOptions(options))
  return options
}

function optionsOfQuery(kube: ResourceRequest['kube']): DeleteOptions {
  if (kube.rawQuery === '') return {}
  const gracePeriodSeconds = integerParameter(kube, 'gracePeriodSeconds')
  const propagationPolicy = kube.parameter('propagationPolicy')
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(kube.query.has('orphanDependents') && { orphanDependents: booleanParameter(kube, 'orphanDependents') }),
    dryRun: kube.query.getAll('dryRun'),
  }
}

export function deleteRequest(resource: ResourceRequest, options: DeleteOptions): DeleteRequest<KubernetesObject> {
  const dryRun = (options.dryRun?.length ?? 0) > 0
  return {
    gracePeriodSeconds: options.gracePeriodSeconds,
    propagationPolicy: options.propagationPolicy as DeleteRequest<KubernetesObject>['propagationPolicy'],
    orphanDependents: options.orphanDependents,
    preconditions: options.preconditions,
    dryRun,
    admit: async (old) => {
      const admission = admissionRequest(resource, {
        operation: 'DELETE',
        object: undefined,
        oldObject: old,
        dryRun,
        options,
      })
      await resource.services.admission.admit(admission)
      await resource.services.admission.validate(admission)
    },
  }
}
