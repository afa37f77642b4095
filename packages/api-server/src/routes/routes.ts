import type { HealthChecks } from '@tandem/component-base/health/health'
import { HealthSlis } from '@tandem/component-base/health/slis'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { jsonWebKeySet, openIdConfiguration } from '../authentication/service-account/discovery.ts'
import type { VerificationKey } from '../authentication/service-account/keys.ts'
import { sendObject } from '../request/respond.ts'
import type { Resources } from '../resources.ts'
import { discoveryHandler } from './discovery.ts'
import { healthHandler } from './health.ts'
import { openApiHandlers } from './openapi.ts'
import { version } from './version.ts'

export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>

export interface Routes {
  /** Everything below `/api/` and `/apis/`. */
  readonly resources: RouteHandler
  readonly fixed: Readonly<Record<string, RouteHandler>>
}

export interface RouteOptions {
  resources: Resources
  dispatch: RouteHandler
  metrics: Metrics
  health: HealthChecks
  serviceAccounts: { issuer: string; jwksUri: string; keys: readonly VerificationKey[] }
  now: () => number
  /** Where clients outside the cluster find the server: `host:port`. */
  address: () => string
  /** More paths. */
  others?: Readonly<Record<string, RouteHandler>>
}

export function createRoutes(options: RouteOptions): Routes {
  const { resources, dispatch, metrics, serviceAccounts, now } = options
  const slis = new HealthSlis()
  const checks = { ...options.health, observe: slis.observe }
  const discovery = discoveryHandler(resources, options)
  const health: Record<string, RouteHandler> = {}
  for (const endpoint of ['livez', 'readyz', 'healthz']) {
    health[`/${endpoint}`] = healthHandler(checks)
    health[`/${endpoint}/*`] = healthHandler(checks)
  }
  const fixed: Record<string, RouteHandler> = {
    '/api': discovery,
    '/apis': discovery,
    ...health,
    '/version': (request, reply) => sendObject(request, reply, 200, version),
    '/metrics': metricsHandler(metrics),
    '/metrics/slis': metricsHandler(slis.metrics),
    '/openid/v1/jwks': (_request, reply) => {
      reply.header('content-type', 'application/jwk-set+json').send(JSON.stringify(jsonWebKeySet(serviceAccounts.keys)))
    },
    '/.well-known/openid-configuration': (_request, reply) => {
      reply.header('content-type', 'application/json').send(JSON.stringify(openIdConfiguration(serviceAccounts)))
    },
    ...openApiHandlers(resources, now),
    ...options.others,
  }
  const paths = Object.keys(fixed).filter((path) => !path.endsWith('*'))
  fixed['/'] = (request, reply) =>
    sendObject(request, reply, 200, { paths: [...paths, ...groupPaths(resources)].sort() })
  return {
    resources: (request, reply) =>
      !request.kube.info.isResourceRequest && request.method === 'GET'
        ? discovery(request, reply)
        : dispatch(request, reply),
    fixed,
  }
}

const metricsHandler =
  (metrics: Metrics): RouteHandler =>
  async (_request, reply) => {
    reply.header('content-type', metrics.contentType).send(await metrics.text())
  }

const groupPaths = (resources: Resources): string[] => [
  ...new Set(
    resources
      .definitions()
      .flatMap(({ group, version }) =>
        group === '' ? [`/api/${version}`] : [`/apis/${group}`, `/apis/${group}/${version}`],
      ),
  ),
]
