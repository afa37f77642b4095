import { badRequest } from '@tandem/apimachinery'
import type { TokenAuthenticator } from '../../authentication/bearer-token.ts'
import type { TokenIssuer } from '../../authentication/service-account/issuer.ts'
import type { SpecialHandlers } from '../../handlers/dispatch.ts'
import { get } from '../../handlers/get.ts'
import type { Handler } from '../../handlers/handler.ts'
import { patch } from '../../handlers/patch.ts'
import { update } from '../../handlers/update.ts'
import type { KubeletConnection } from '../../kubelet/connection.ts'
import { resourceMetricsHandlers } from '../../resource-metrics/handlers.ts'
import type { KubeletScrapes } from '../../resource-metrics/kubelet-scrapes.ts'
import { approveRequest } from './approval.ts'
import { createBinding, createLegacyBinding } from './binding.ts'
import { createEviction } from './eviction.ts'
import { finalizeNamespace } from './namespace-finalize.ts'
import { forwardPorts, openStreams, readLog } from './pod-streams.ts'
import { ephemeralContainers, resizePod } from './pod-updates.ts'
import { proxyToNode, proxyToPod, proxyToService } from './proxies.ts'
import {
  createLocalSubjectAccessReview,
  createSelfSubjectAccessReview,
  createSelfSubjectReview,
  createSelfSubjectRulesReview,
  createSubjectAccessReview,
  createTokenReview,
} from './reviews.ts'
import { getScale, patchScale, updateScale } from './scale.ts'
import { createToken } from './token.ts'

/** What handlers of subresources and reviews stand on, beside what all handlers have. */
export interface SpecialServices {
  tokens: TokenAuthenticator
  audiences: readonly string[]
  issuer: TokenIssuer
  kubelet: KubeletConnection
  scrapes: KubeletScrapes
}

/** What happens elsewhere cannot be tried out here. */
const connects =
  (handler: Handler): Handler =>
  (resource) => {
    if (resource.kube.parameter('dryRun') !== undefined) throw badRequest('dryRun is not supported')
    return handler(resource)
  }

/** Handlers by `resource/subresource` or by subresource, then by verb; `*` stands for every verb. */
export function specialHandlers({ tokens, audiences, issuer, kubelet, scrapes }: SpecialServices): SpecialHandlers {
  const exec = connects(openStreams(kubelet, 'exec'))
  const attach = connects(openStreams(kubelet, 'attach'))
  const metrics = resourceMetricsHandlers(scrapes)
  const portForward = connects(forwardPorts(kubelet))
  return {
    subresources: {
      status: { get, update, patch },
      scale: { get: getScale, update: updateScale, patch: patchScale },
      'certificatesigningrequests.certificates.k8s.io/approval': { get, ...approveRequest },
      'namespaces/finalize': { update: finalizeNamespace.update },
      'pods/binding': { create: createBinding },
      'pods/eviction': { create: createEviction },
      'pods/ephemeralcontainers': { get, ...ephemeralContainers },
      'pods/resize': { get, ...resizePod },
      'pods/log': { get: readLog(kubelet) },
      'pods/exec': { get: exec, create: exec },
      'pods/attach': { get: attach, create: attach },
      'pods/portforward': { get: portForward, create: portForward },
      'pods/proxy': { '*': connects(proxyToPod) },
      'services/proxy': { '*': connects(proxyToService) },
      'nodes/proxy': { '*': connects(proxyToNode(kubelet)) },
      'serviceaccounts/token': { create: createToken({ issuer, audiences }) },
    },
    virtual: {
      '/bindings': { create: createLegacyBinding },
      'authentication.k8s.io/tokenreviews': { create: createTokenReview({ tokens, audiences }) },
      'authentication.k8s.io/selfsubjectreviews': { create: createSelfSubjectReview },
      'authorization.k8s.io/subjectaccessreviews': { create: createSubjectAccessReview },
      'authorization.k8s.io/localsubjectaccessreviews': { create: createLocalSubjectAccessReview },
      'authorization.k8s.io/selfsubjectaccessreviews': { create: createSelfSubjectAccessReview },
      'authorization.k8s.io/selfsubjectrulesreviews': { create: createSelfSubjectRulesReview },
      'metrics.k8s.io/nodes': { ...metrics.nodes },
      'metrics.k8s.io/pods': { ...metrics.pods },
    },
  }
}
