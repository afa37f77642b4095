import { readFile } from 'node:fs/promises'
import type { Server } from 'node:tls'
import { definitions } from '@tandem/api'
import type { ComponentContext, RunningComponent } from '@tandem/component-base'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import { AdmissionChain } from './admission/admission.ts'
import { orderedPlugins } from './admission/ordered-plugins.ts'
import { createAuthentication } from './authentication/create-authenticator.ts'
import { tokenIssuer } from './authentication/service-account/issuer.ts'
import { signingKey, verificationKeys } from './authentication/service-account/keys.ts'
import { createAuthorization } from './authorization/create-authorizer.ts'
import { escalationCheck } from './authorization/rbac/escalation.ts'
import { hostAddress } from './bootstrap/advertise-address.ts'
import { bootstrap, keepKubernetesService } from './bootstrap/bootstrap.ts'
import { dispatch } from './handlers/dispatch.ts'
import type { HandlerServices } from './handlers/handler.ts'
import { kubeletConnection } from './kubelet/connection.ts'
import { type ApiServerOptions, defaultIssuer } from './options.ts'
import { openRegistry } from './registry/open.ts'
import { specialHandlers } from './registry/subresources/special-handlers.ts'
import { requestHooks } from './request/hooks.ts'
import { InFlightLimit } from './request/in-flight.ts'
import { RequestMetrics } from './request/metrics.ts'
import { routeUpgrades } from './request/upgrade.ts'
import { Resources } from './resources.ts'
import { createRoutes } from './routes/routes.ts'
import { createServer } from './server.ts'
import { loadCertificate, reloadCertificate } from './serving-certificate.ts'

/** Milliseconds that requests under way are waited for when the server stops. */
const stopLimit = 5000

export interface RunningApiServer extends RunningComponent {
  /** `https://host:port` */
  readonly url: string
  readonly port: number
}

/** Opens the store, fills what decisions rest on, writes what every cluster has, then listens. Resolves when it is ready. */
export async function startApiServer(options: ApiServerOptions, context: ComponentContext): Promise<RunningApiServer> {
  const { clock, logger } = context
  const stopping = new AbortController()
  const { signal } = stopping
  const files = { certFile: options.tlsCertFile, keyFile: options.tlsPrivateKeyFile, caFile: options.clientCaFile }
  const certificate = await loadCertificate(files)
  const keys = await serviceAccountKeys(options)

  const { registry, close } = await openRegistry(options, context)
  const resources = new Resources(registry, definitions)
  const following = { signal, clock, logger }
  const authentication = createAuthentication(resources, {
    issuer: keys.issuer,
    audiences: keys.audiences,
    keys: keys.verification,
    anonymous: options.anonymousAuth ?? true,
    now: clock.now,
  })
  const authorization = createAuthorization(options.authorizationModes ?? ['Node', 'RBAC'])
  const { authorizer } = authorization

  const services: HandlerServices = {
    resources,
    admission: new AdmissionChain([
      ...orderedPlugins({ resources, authorizer, clock, options }),
      escalationCheck({ index: authorization.roleIndex, authorizer }),
    ]),
    authorizer,
    clock,
    logger,
    stopping: signal,
  }
  const inFlight = new InFlightLimit({
    maxReadOnly: options.maxRequestsInflight ?? 400,
    maxMutating: options.maxMutatingRequestsInflight ?? 200,
    requestTimeout: (options.requestTimeout ?? 60) * 1000,
    clock,
  })
  const metrics = createMetrics()
  const requestMetrics = new RequestMetrics(metrics, { inFlight: () => inFlight.counts })
  let ready = false
  let advertised = ''
  const special = specialHandlers({
    tokens: authentication.tokens,
    audiences: keys.audiences,
    issuer: tokenIssuer({ issuer: keys.issuer, key: keys.signing }),
    kubelet: await kubeletConnection(options),
  })
  const app = createServer({
    tls: certificate,
    hooks: requestHooks({
      clock,
      logger,
      authenticator: authentication.authenticator,
      authorizer,
      inFlight,
      metrics: requestMetrics,
    }),
    routes: createRoutes({
      resources,
      dispatch: dispatch(services, special),
      metrics,
      health: {
        live: [{ name: 'etcd', check: () => void registry.revision() }],
        ready: [
          { name: 'poststarthook/rbac/bootstrap-roles', check: () => failUnless(ready, 'not finished') },
          { name: 'shutdown', check: () => failUnless(!signal.aborted, 'process is shutting down') },
        ],
      },
      serviceAccounts: { issuer: keys.issuer, jwksUri: `${keys.issuer}/openid/v1/jwks`, keys: keys.verification },
      address: () => advertised,
    }),
    logger,
  })
  routeUpgrades(app)

  await Promise.all([authorization.start(resources, following), authentication.start(resources, following)])
  await bootstrap(resources)
  await app.listen({ host: options.bindAddress ?? '0.0.0.0', port: options.securePort ?? 6443 })
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : (options.securePort ?? 6443)
  const advertise = () => options.advertiseAddress ?? hostAddress() ?? '127.0.0.1'
  advertised = `${advertise()}:${port}`
  const { serviceClusterIpRange } = options
  await keepKubernetesService({ resources, serviceClusterIpRange, advertise, port, following })
  ready = true
  void reloadCertificate(app.server as unknown as Server, files, { clock, logger, signal, loaded: certificate })
  logger.info({ port, address: advertised }, 'serving')

  let stopped: Promise<void> | undefined
  const done = Promise.withResolvers<void>()
  const stop = async () => {
    stopping.abort()
    await inFlight.finished(stopLimit)
    await app.close()
    await close()
    done.resolve()
  }
  return {
    name: 'kube-apiserver',
    url: `https://${urlHost(options.bindAddress)}:${port}`,
    port,
    done: done.promise,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

const urlHost = (bindAddress: string | undefined): string =>
  bindAddress === undefined || bindAddress === '0.0.0.0' || bindAddress === '::' ? '127.0.0.1' : bindAddress

function failUnless(condition: boolean, reason: string): void {
  if (!condition) throw new Error(reason)
}

async function serviceAccountKeys(options: ApiServerOptions) {
  const issuer = options.serviceAccountIssuer ?? defaultIssuer
  const signing = signingKey(await readFile(options.serviceAccountSigningKeyFile, 'utf8'))
  const keyFiles = options.serviceAccountKeyFiles?.length
    ? options.serviceAccountKeyFiles
    : [options.serviceAccountSigningKeyFile]
  const verification = (await Promise.all(keyFiles.map((file) => readFile(file, 'utf8')))).flatMap(verificationKeys)
  const audiences = options.apiAudiences?.length ? options.apiAudiences : [issuer]
  return { issuer, signing, verification, audiences }
}
