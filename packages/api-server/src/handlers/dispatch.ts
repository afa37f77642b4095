import { allVerbs, apiVersionOf, type Deprecated, genericNotFound, StatusError, type Verb } from '@tandem/apimachinery'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendPageNotFound } from '../request/respond.ts'
import { create } from './create.ts'
import { deleteObject } from './delete.ts'
import { deleteCollection } from './deletecollection.ts'
import { get } from './get.ts'
import type { Handler, HandlerServices, ResourceRequest } from './handler.ts'
import { list } from './list.ts'
import { patch } from './patch.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

const handlerOf: Readonly<Record<string, Handler>> = {
  create,
  get,
  list,
  watch,
  update,
  patch,
  delete: deleteObject,
  deletecollection: deleteCollection,
} satisfies Record<Verb, Handler>

/** Handlers by subresource (`status`) or by resource and subresource (`pods/binding`), and of kinds that are never stored, then by verb. */
export interface SpecialHandlers {
  readonly subresources: Readonly<Record<string, Readonly<Record<string, Handler>>>>
  readonly virtual: Readonly<Record<string, Readonly<Record<string, Handler>>>>
}

/** From a request for a resource to the handler of its verb. */
export function dispatch(
  services: HandlerServices,
  special: SpecialHandlers,
): (request: FastifyRequest, reply: FastifyReply) => void | Promise<void> {
  return (request, reply) => {
    const { kube } = request
    const { info } = kube
    const found = info.isResourceRequest
      ? services.resources.find(info.apiGroup, info.apiVersion, info.resource)
      : undefined
    if (!found || !pathFits(kube.info, found.definition.scope)) return notServed(services, request, reply)
    const { definition, store } = found
    const resource = { services, request, reply, kube, definition, store } as ResourceRequest
    const handler = handlerFor(special, resource)
    if (!handler) throw genericNotFound()
    if (definition.deprecated) kube.warn(deprecation(definition, definition.deprecated))
    if (definition.deprecationWarning) kube.warn(definition.deprecationWarning)
    return handler(resource)
  }
}

/** Below a version of a group that is served the answer is the API's; anywhere else there is no page. */
function notServed({ resources }: HandlerServices, { kube }: FastifyRequest, reply: FastifyReply): void {
  const { isResourceRequest, apiGroup, apiVersion } = kube.info
  if (isResourceRequest && resources.hasGroupVersion(apiGroup, apiVersion)) throw genericNotFound()
  sendPageNotFound(reply)
}

function handlerFor(special: SpecialHandlers, resource: ResourceRequest): Handler | undefined {
  const { kube, definition, store, request } = resource
  const { subresource, verb } = kube.info
  // A GET for authorization, and yet nothing that anybody serves.
  if (request.method === 'HEAD' && subresource !== 'proxy') return methodNotAllowed
  if (subresource) return subresourceHandler(special, resource)
  if (store) return verbHandler(resource)
  return special.virtual[`${definition.group}/${definition.plural}`]?.[verb] ?? methodNotAllowed
}

const deprecation = (definition: ResourceRequest['definition'], { since, use }: Deprecated): string =>
  `${apiVersionOf(definition)} ${definition.kind} is deprecated in ${since}+${use ? `; use ${use}` : ''}`

function verbHandler({ kube, definition }: ResourceRequest): Handler {
  const { name, namespace } = kube.info
  const verb = kube.info.verb as Verb
  if (verb === 'create' && name !== '') return methodNotAllowed
  if ((verb === 'update' || verb === 'patch') && name === '') return methodNotAllowed
  // Across namespaces there is only reading.
  const everywhere = definition.scope === 'Namespaced' && namespace === ''
  if (everywhere && verb !== 'list' && verb !== 'watch') return methodNotAllowed
  return (definition.verbs ?? allVerbs).includes(verb) ? (handlerOf[verb] ?? methodNotAllowed) : methodNotAllowed
}

function subresourceHandler(
  { subresources }: SpecialHandlers,
  { kube, definition }: ResourceRequest,
): Handler | undefined {
  const { subresource, verb } = kube.info
  const declared =
    (subresource === 'status' && definition.subresources?.status) ||
    (subresource === 'scale' && definition.subresources?.scale) ||
    definition.subresources?.others?.some(({ name }) => name === subresource)
  if (!declared) return undefined
  const group = definition.group === '' ? '' : `.${definition.group}`
  const handlers = subresources[`${definition.plural}${group}/${subresource}`] ?? subresources[subresource]
  return handlers && (handlers[verb] ?? handlers['*'] ?? methodNotAllowed)
}

/** A namespaced resource needs a namespace to create in or to name one object; a cluster-scoped one has none. */
function pathFits(
  { namespace, name, verb, resource }: ResourceRequest['kube']['info'],
  scope: 'Namespaced' | 'Cluster',
): boolean {
  if (resource === 'namespaces') return true
  if (scope === 'Cluster') return namespace === ''
  return namespace !== '' || name === '' || verb === 'list' || verb === 'watch'
}

const methodNotAllowed: Handler = () => {
  throw new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  })
}
