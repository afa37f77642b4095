import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Client, createClient } from '@tandem/client'
import { createDelegatedAuth } from '@tandem/client/delegated-auth/delegated-auth'
import { metricsAuthorizer } from '@tandem/client/delegated-auth/metrics-authorizer'
import type { ComponentContext, RunningComponent } from '@tandem/component-base'
import { serveHealth } from '@tandem/component-base/health/server'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import { type AnyController, createControllerMetrics, startManager } from '@tandem/controller-runtime'
import { controllers } from './controllers/index.generated.ts'
import { type ControllerManagerOptions, isEnabled } from './options.ts'
import { createServiceAccountClient } from './service-account-client.ts'

const name = 'kube-controller-manager'
export const allControllers: readonly AnyController[] = controllers as unknown as readonly AnyController[]

/** Runs the controllers against the API server that the configuration names. Ready at once, whether it leads or waits. */
export async function startControllerManager(
  options: ControllerManagerOptions,
  context: ComponentContext,
): Promise<RunningComponent> {
  const { config, securePort, leaderElect = true, leaderElection } = options
  const client = createClient({ ...config, userAgent: `tandem-controller-manager` }, context.clock)
  const clients: Client[] = [client]
  const clientFor = (controller: AnyController): Client => {
    if (options.useServiceAccountCredentials === false) return client
    const own = createServiceAccountClient({
      config,
      client,
      clock: context.clock,
      name: controller.role ?? controller.name,
    })
    clients.push(own)
    return own
  }
  const metrics = createMetrics({ process: securePort !== undefined })
  const health =
    securePort === undefined
      ? undefined
      : await serveHealth({
          authorize: metricsAuthorizer(createDelegatedAuth({ client, clock: context.clock })),
          port: securePort,
          host: options.bindAddress,
          tls: options.tls ?? 'self-signed',
          metrics,
        })
  const manager = startManager(
    {
      name,
      client,
      clientFor,
      controllers: allControllers.filter((controller) => isEnabled(controller.name, options.controllers)),
      settings: options.settings ?? {},
      concurrency: options.concurrency ?? {},
      metrics: createControllerMetrics(metrics),
      leaderElection: leaderElect
        ? { namespace: 'kube-system', name, ...leaderElection, identity: `${hostname()}_${randomUUID()}` }
        : undefined,
    },
    context,
  )
  return {
    name,
    done: manager.done,
    async stop() {
      await manager.stop()
      await health?.close()
      await Promise.all(clients.map((each) => each.close()))
    },
  }
}
