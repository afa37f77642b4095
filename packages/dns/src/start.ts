import { readFile } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import {
  type Client,
  createClient,
  createInformerFactory,
  loadInClusterConfig,
  loadKubeconfig,
  withoutManagedFields,
} from '@tandem/client'
import type { StartComponent } from '@tandem/component-base'
import { serveHealth } from '@tandem/component-base/health/server'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import { informerRecords } from './kubernetes/informer-records.ts'
import { keepOwnService } from './kubernetes/own-service.ts'
import { dnsMetrics } from './metrics.ts'
import type { DnsFlagValues } from './options.ts'
import { any } from './plugins/any.ts'
import { cache } from './plugins/cache.ts'
import { errors } from './plugins/errors.ts'
import { forward, parseResolvConf, parseUpstream, type Upstream } from './plugins/forward.ts'
import { kubernetes } from './plugins/kubernetes.ts'
import { chain } from './plugins/plugin.ts'
import { serveDns } from './server/dns-server.ts'

export interface DnsStartOptions extends Partial<DnsFlagValues> {
  /** Instead of a kubeconfig: for composed clusters and tests. */
  client?: Client
  /** Told of the port once it is known, where `port` is 0. */
  listening?: (port: number) => void
}

export const startDns: StartComponent<DnsStartOptions> = async (options, { logger, clock }) => {
  const client = options.client ?? (await clientOf(options.kubeconfig))
  const domain = (options['cluster-domain'] ?? 'cluster.local').toLowerCase().replace(/\.$/, '')
  const bindAddress = options['bind-address'] ?? '0.0.0.0'
  const clusterIP = options['cluster-dns']
  const informers = createInformerFactory({ client, clock, logger, transform: withoutManagedFields })
  const records = informerRecords(informers)
  const metrics = createMetrics({ process: options.client === undefined })
  const zone = {
    domain,
    ttl: options.ttl ?? 30,
    nameServers: clusterIP ? [clusterIP] : [],
    serial: () => records.serial,
  }
  const upstreams = await upstreamsOf(options.upstream ?? [], { address: bindAddress, port: options.port ?? 10053 })

  // In this order: the cluster's own names are never cached, they are as fresh as its caches.
  const answer = chain([
    errors({ logger }),
    any,
    kubernetes({ records, zone, hasSynced: () => records.hasSynced }),
    cache({ clock }),
    forward({ upstreams }),
  ])

  informers.start()
  const server = await serveDns({
    address: bindAddress,
    port: options.port ?? 10053,
    answer,
    answered: dnsMetrics(metrics, domain),
  })
  options.listening?.(server.port)
  const health = options['healthz-bind-address']
    ? await serveHealth({ ...hostAndPort(options['healthz-bind-address']), ready: [synced(records)], metrics })
    : undefined
  const address = options['advertise-address'] || advertised(bindAddress)
  const stopKeeping =
    clusterIP && address
      ? keepOwnService({
          client,
          informers,
          clock,
          logger,
          clusterIP,
          address,
          port: server.port,
          nodeName: (options['hostname-override'] || hostname()).toLowerCase(),
        })
      : () => {}

  const stopping = new AbortController()
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  await Promise.race([records.synced, stopped])
  const stop = async (): Promise<void> => {
    stopping.abort()
    stopKeeping()
    await Promise.all([server.close(), health?.close(), informers.stop()])
    if (!options.client) await client.close()
  }
  let stopOnce: Promise<void> | undefined
  return {
    name: 'tandem-dns',
    done: stopped,
    stop() {
      stopOnce ??= stop()
      return stopOnce
    },
  }
}

const clientOf = async (kubeconfig: string | undefined): Promise<Client> =>
  createClient(kubeconfig ? await loadKubeconfig(kubeconfig) : await loadInClusterConfig())

const synced = (records: { hasSynced: boolean }) => ({
  name: 'kubernetes',
  check: () => {
    if (!records.hasSynced) throw new Error('caches are not synced')
  },
})

const hostAndPort = (text: string): { host: string; port: number } => {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}

/** An address of the node where we answer on all of them. */
const advertised = (bindAddress: string): string | undefined =>
  bindAddress !== '0.0.0.0'
    ? bindAddress
    : Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

/** Never ourselves: a question would go round until the last socket is taken. */
async function upstreamsOf(given: readonly string[], own: Upstream): Promise<Upstream[]> {
  const texts = given.length > 0 ? given : parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => ''))
  return texts
    .map(parseUpstream)
    .filter(({ address, port }) => !(port === own.port && (address === own.address || own.address === '0.0.0.0')))
}
