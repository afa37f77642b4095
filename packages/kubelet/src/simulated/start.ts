import { type Client, createClient, createInformerFactory, loadInClusterConfig, loadKubeconfig } from '@tandem/client'
import { withoutManagedFields } from '@tandem/client/informer/factory'
import type { StartComponent } from '@tandem/component-base'
import { serveHealth } from '@tandem/component-base/health/server'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import { SimulatedNodes } from './nodes.ts'
import { type SimulatedNodesFlagValues, simulatedNodesFlags } from './options.ts'
import { PodAddresses } from './pod-addresses.ts'
import { SimulatedPods } from './pods.ts'

export interface SimulatedNodesStartOptions extends Partial<SimulatedNodesFlagValues> {
  /** Instead of a kubeconfig: for tests. */
  client?: Client
}

/** Nodes and pods with nothing behind them, in one process: thousands of kubelets' part of the API. */
export const startSimulatedNodes: StartComponent<SimulatedNodesStartOptions> = async (options, { logger, clock }) => {
  const client = options.client ?? (await clientOf(options.kubeconfig))
  const width = options['max-requests-inflight'] ?? simulatedNodesFlags['max-requests-inflight'].default
  const informers = createInformerFactory({ client, clock, logger, transform: withoutManagedFields })
  const nodes = new SimulatedNodes({
    client,
    informers,
    clock,
    logger,
    count: options.nodes ?? 0,
    capacity: resourcesOf(options.capacity ?? simulatedNodesFlags.capacity.default),
    renewIntervalMs: options['node-lease-renew-interval'] ?? 30_000,
    width,
  })
  const addresses = new PodAddresses(options['pod-cidr'] ?? simulatedNodesFlags['pod-cidr'].default)
  const pods = new SimulatedPods({ client, informers, nodes, addresses, clock, logger, width })
  const bindAddress = options['healthz-bind-address']
  const health = bindAddress
    ? await serveHealth({
        ...hostAndPort(bindAddress),
        ready: [
          {
            name: 'nodes-registered',
            check: () => {
              if (!nodes.registered || !pods.hasSynced) throw new Error('not all nodes are registered')
            },
          },
        ],
        metrics: createMetrics({ process: options.client === undefined }),
      })
    : undefined
  informers.start()
  const done = Promise.all([nodes.run(), pods.run()]).then(() => undefined)
  // Whoever awaits `done` is told; nobody may.
  done.catch(() => undefined)

  const stop = async (): Promise<void> => {
    nodes.stop()
    pods.stop()
    await Promise.all([informers.stop(), health?.close()])
    if (nodes.informer.hasSynced && pods.hasSynced) await done.catch(() => undefined)
    if (!options.client) await client.close()
  }
  let stopOnce: Promise<void> | undefined
  return {
    name: 'tandem-simulated-nodes',
    done,
    stop() {
      stopOnce ??= stop()
      return stopOnce
    },
  }
}

const clientOf = async (kubeconfig: string | undefined): Promise<Client> =>
  createClient(kubeconfig ? await loadKubeconfig(kubeconfig) : await loadInClusterConfig())

const resourcesOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1) throw new TypeError(`--capacity ${pair}: a resource, an equals sign and a quantity are needed`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )

const hostAndPort = (text: string): { host: string; port: number } => {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
