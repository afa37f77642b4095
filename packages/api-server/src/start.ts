import type { Server } from 'node:tls'
import type { ComponentContext, RunningComponent } from '@tandem/component-base'
import { readAdmissionConfiguration } from './admission/configuration.ts'
import { loadServiceAccountKeys } from './authentication/service-account/load-keys.ts'
import { hostAddress } from './bootstrap/advertise-address.ts'
import { bootstrap, keepKubernetesService } from './bootstrap/bootstrap.ts'
import { keepPriorityAndFairness } from './bootstrap/priority-and-fairness.ts'
import { compose, type Parts } from './compose.ts'
import { kubeletConnection } from './kubelet/connection.ts'
import type { ApiServerOptions } from './options.ts'
import { openRegistry } from './registry/open.ts'
import { loadCertificate, reloadCertificate } from './serving-certificate.ts'

export interface RunningApiServer extends RunningComponent {
  /** `https://host:port` */
  readonly url: string
  readonly port: number
}

/** Milliseconds that requests under way are waited for when the server stops. */
const stopLimit = 5000
/** And those in which a store that is away may come back to be told. */
const leaveLimit = 2000
const defaultPort = 6443
const everywhere = ['0.0.0.0', '::']

/** Opens the store, fills what decisions rest on, writes what every cluster has, then listens. Resolves when it is ready. */
export async function startApiServer(given: ApiServerOptions, context: ComponentContext): Promise<RunningApiServer> {
  const options = { ...given, ...(await readAdmissionConfiguration(given.admissionControlConfigFile)) }
  const files = { certFile: options.tlsCertFile, keyFile: options.tlsPrivateKeyFile, caFile: options.clientCaFile }
  const [certificate, keys, kubelet] = await Promise.all([
    loadCertificate(files),
    loadServiceAccountKeys(options),
    kubeletConnection(options),
  ])
  const stopping = new AbortController()
  const { signal } = stopping
  const opened = await openRegistry(options, context)
  try {
    return await serve(options, context, {
      parts: { ...opened, certificate, keys, kubelet, signal },
      files,
      async stop() {
        await opened.close()
        kubelet.agent.destroy()
      },
      stopping,
    })
  } catch (error) {
    stopping.abort()
    await opened.close()
    throw error
  }
}

interface Serving {
  parts: Parts
  files: Parameters<typeof loadCertificate>[0]
  stop(): Promise<void>
  stopping: AbortController
}

async function serve(
  options: ApiServerOptions,
  context: ComponentContext,
  serving: Serving,
): Promise<RunningApiServer> {
  const { clock, logger } = context
  const { parts, files, stopping } = serving
  const { signal, certificate: loaded } = parts
  const { bindAddress = '0.0.0.0', securePort = defaultPort, serviceClusterIpRange } = options
  const following = { signal, clock, logger }
  const { app, resources, deadlines, follow, setReady } = compose(options, context, parts)
  const work = await follow(following)
  await bootstrap(resources)
  work()
  if (options.enablePriorityAndFairness ?? true) void keepPriorityAndFairness(resources, following)
  await app.listen({ host: bindAddress, port: securePort })
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound ? bound.port : securePort
  const advertise = () => options.advertiseAddress ?? hostAddress() ?? '127.0.0.1'
  let leave: () => Promise<void>
  try {
    const { backend } = parts
    leave = await keepKubernetesService({ resources, backend, serviceClusterIpRange, advertise, port, following })
  } catch (error) {
    await app.close()
    throw error
  }
  if (options.encryptionProviderConfigAutomaticReload) void parts.encryption?.follow(following)
  setReady(`${advertise()}:${port}`)
  void reloadCertificate(app.server as unknown as Server, files, { clock, logger, signal, loaded })
  logger.info({ address: bindAddress, port }, 'serving')

  const done = Promise.withResolvers<void>()
  const stop = async () => {
    stopping.abort()
    const left = leave().catch((err) => logger.warn({ err }, 'the kubernetes service still names this server'))
    await Promise.race([left, clock.sleep(leaveLimit)])
    await deadlines.finished(stopLimit)
    await app.close()
    await serving.stop()
    done.resolve()
  }
  let stopped: Promise<void> | undefined
  return {
    name: 'kube-apiserver',
    url: `https://${everywhere.includes(bindAddress) ? '127.0.0.1' : bindAddress}:${port}`,
    port,
    done: done.promise,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
