import { definitions } from '@tandem/api'
import type { ComponentContext } from '@tandem/component-base'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import type { Backend } from '@tandem/storage'
import type { FastifyInstance } from 'fastify'
import { AdmissionChain } from './admission/admission.ts'
import { orderedPlugins } from './admission/ordered-plugins.ts'
import { policyParameters } from './admission/policy-parameters.ts'
import { resourceClaimAuthorization } from './admission/resource-claims.ts'
import { createAuthentication } from './authentication/create-authenticator.ts'
import { tokenIssuer } from './authentication/service-account/issuer.ts'
import type { ServiceAccountKeys } from './authentication/service-account/load-keys.ts'
import { createAuthorization } from './authorization/create-authorizer.ts'
import { escalationCheck } from './authorization/rbac/escalation.ts'
import { serversOver } from './bootstrap/server-leases.ts'
import { CustomResourceServing } from './custom-resources/serving.ts'
import { followDefinitions } from './custom-resources/start.ts'
import type { Encryption } from './encryption/encryption.ts'
import type { FollowOptions } from './follow.ts'
import { dispatch } from './handlers/dispatch.ts'
import type { KubeletConnection } from './kubelet/connection.ts'
import type { ApiServerOptions } from './options.ts'
import { ObjectCounts } from './registry/object-counts.ts'
import type { Registry } from './registry/store.ts'
import { specialHandlers } from './registry/subresources/special-handlers.ts'
import { RequestDeadlines } from './request/deadline.ts'
import { requestHooks } from './request/hooks.ts'
import { createLimit } from './request/limit.ts'
import { RequestMetrics } from './request/metrics.ts'
import { RequestCounts } from './request/request-counts.ts'
import { routeUpgrades } from './request/upgrade.ts'
import { KubeletScrapes, scrapeKubelet } from './resource-metrics/kubelet-scrapes.ts'
import { Resources } from './resources.ts'
import { backupHandler, backupPath } from './routes/backup.ts'
import { createRoutes } from './routes/routes.ts'
import { createServer } from './server.ts'
import type { LoadedCertificate } from './serving-certificate.ts'
import { answersWithin } from './store-health.ts'

/** What was read and opened before anything is put together. */
export interface Parts {
  backend: Backend
  encryption: Encryption | undefined
  registry: Registry
  certificate: LoadedCertificate
  keys: ServiceAccountKeys
  kubelet: KubeletConnection
  /** Aborts when the server stops. */
  signal: AbortSignal
}

export interface Composed {
  app: FastifyInstance
  resources: Resources
  deadlines: RequestDeadlines
  /** Reads what decisions rest on, and keeps it current. Resolves to what begins to work once the server is up. */
  follow(options: FollowOptions): Promise<() => void>
  /** Tells where the server is found, from when on it is ready. */
  setReady(address: string): void
}

/** Puts the server together; nothing runs yet. */
export function compose(options: ApiServerOptions, { clock, logger }: ComponentContext, parts: Parts): Composed {
  const { backend, registry, certificate, keys, kubelet, signal } = parts
  const { healthcheckTimeout = 2, readycheckTimeout = 2 } = options.etcd ?? {}
  const resources = new Resources(registry, definitions)
  const authentication = createAuthentication(resources, {
    issuer: keys.issuer,
    audiences: keys.audiences,
    keys: keys.verification,
    anonymous: options.anonymousAuth ?? true,
    now: clock.now,
  })
  const { tokens, authenticator } = authentication
  const authorization = createAuthorization(options.authorizationModes ?? ['Node', 'RBAC'])
  const { authorizer, roleIndex } = authorization
  const customResources = new CustomResourceServing(resources)
  const admission = new AdmissionChain([
    customResources.admission,
    ...orderedPlugins({ resources, authorizer, clock, options }),
    policyParameters({ resources, authorizer, clock, options }),
    resourceClaimAuthorization({ resources, authorizer, clock, options }),
    escalationCheck({ index: roleIndex, authorizer }),
  ])
  const deadlines = new RequestDeadlines({ requestTimeout: (options.requestTimeout ?? 60) * 1000, clock })
  const metrics = createMetrics()
  parts.encryption?.describe(metrics, certificate.cert.toString())
  const objectCounts = new ObjectCounts(backend, () => resources.definitions())
  const { etcdCountMetricPollPeriod: countEvery = 60 } = options
  if (countEvery > 0) objectCounts.describe(metrics)
  const counts = new RequestCounts()
  const limit = createLimit(options, { clock, resources, metrics, counts })
  const requestMetrics = new RequestMetrics(metrics, {
    inFlight: () => counts.executing,
    droppedWatchers: () => registry.droppedWatchers(),
  })
  const scrapes = new KubeletScrapes({ scrape: scrapeKubelet({ kubelet, resources, clock }), clock, logger })
  const issuer = tokenIssuer({ issuer: keys.issuer, key: keys.signing })
  const { minRequestTimeout = 1800 } = options
  const services = { resources, admission, authorizer, clock, logger, minRequestTimeout, stopping: signal }
  let address: string | undefined

  const app = createServer({
    tls: certificate,
    hooks: requestHooks({
      clock,
      logger,
      authenticator,
      authorizer,
      deadlines,
      limit: limit.hook,
      metrics: requestMetrics,
    }),
    routes: createRoutes({
      resources,
      dispatch: dispatch(services, specialHandlers({ tokens, audiences: keys.audiences, issuer, kubelet, scrapes })),
      metrics,
      health: {
        live: [{ name: 'etcd', check: () => answersWithin(backend, healthcheckTimeout) }],
        ready: [
          { name: 'etcd-readiness', check: () => answersWithin(backend, readycheckTimeout) },
          {
            name: 'poststarthook/rbac/bootstrap-roles',
            check: () => failUnless(address !== undefined, 'not finished'),
          },
          { name: 'shutdown', check: () => failUnless(!signal.aborted, 'process is shutting down') },
        ],
      },
      serviceAccounts: { issuer: keys.issuer, jwksUri: `${keys.issuer}/openid/v1/jwks`, keys: keys.verification },
      now: clock.now,
      address: () => address ?? '',
      others: {
        ...limit.routes,
        [backupPath]: backupHandler(
          { backend, etcd: options.etcd },
          { serviceClusterIpRange: options.serviceClusterIpRange },
        ),
      },
    }),
    logger,
  })
  routeUpgrades(app)
  return {
    app,
    resources,
    deadlines,
    async follow(following) {
      const [work] = await Promise.all([
        followDefinitions(resources, customResources, { servers: () => serversOver(backend), following }),
        authorization.start(resources, following),
        authentication.start(resources, following),
        limit.start(following),
      ])
      if (countEvery > 0) void objectCounts.poll(countEvery, following)
      return work
    },
    setReady(found) {
      address = found
    },
  }
}

function failUnless(condition: boolean, reason: string): void {
  if (!condition) throw new Error(reason)
}
