import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AdmissionChain, AdmissionRequest, Operation } from '../admission/admission.ts'
import type { Authorizer } from '../authorization/authorizer.ts'
import type { Store } from '../registry/store.ts'
import type { RequestContext } from '../request/context.ts'
import type { Resources } from '../resources.ts'

/** What handlers of all verbs stand on. */
export interface HandlerServices {
  readonly resources: Resources
  readonly admission: AdmissionChain
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly logger: Logger
  /** Seconds that a watch lives at least whose client does not say. */
  readonly minRequestTimeout: number
  /** Aborts when the server stops: long-running requests end then. */
  readonly stopping: AbortSignal
}

/** A request for a resource that is there, on its way to the handler of its verb. */
export interface ResourceRequest {
  readonly services: HandlerServices
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly kube: RequestContext
  readonly definition: ResourceDefinition
  readonly store: Store
}

export type Handler = (request: ResourceRequest) => void | Promise<void>

export const keyOfRequest = ({ kube }: ResourceRequest) => ({
  namespace: kube.info.resource === 'namespaces' ? undefined : kube.info.namespace || undefined,
  name: kube.info.name,
})

export interface AdmissionInput {
  operation: Operation
  object: KubernetesObject | undefined
  oldObject: KubernetesObject | undefined
  dryRun: boolean
  name?: string
  options?: object
}

export function admissionRequest({ kube, definition }: ResourceRequest, input: AdmissionInput): AdmissionRequest {
  return {
    definition,
    subresource: kube.info.subresource,
    namespace: kube.info.namespace,
    name: kube.info.name,
    user: kube.user,
    warn: (text) => kube.warn(text),
    ...input,
  }
}
