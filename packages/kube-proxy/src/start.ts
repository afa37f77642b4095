import { BlockList } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { nodes } from '@tandem/api/core/v1/node'
import { services } from '@tandem/api/core/v1/service'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import {
  type Client,
  createClient,
  createInformerFactory,
  loadInClusterConfig,
  loadKubeconfig,
  withoutManagedFields,
} from '@tandem/client'
import type { Logger, StartComponent } from '@tandem/component-base'
import { createMetrics } from '@tandem/component-base/metrics/metrics'
import {
  openConntrack,
  openHeldAddresses,
  openIptables,
  type RunCommand,
  readSysctl,
  runCommand,
  setSysctls,
} from '@tandem/netfilter'
import type { ProxyNode } from './endpoint.ts'
import { answersNodePorts, withoutForeign } from './foreign-addresses.ts'
import type { RulesOptions } from './iptables/options.ts'
import { createIptablesProxier } from './iptables/proxier.ts'
import { proxyMetrics } from './metrics.ts'
import { isIPv4Range, type ProxyFlagValues, validateFlags } from './options.ts'
import { ProxyLoop } from './proxy-loop.ts'
import { bind, healthListener, metricsListener, parseBindAddress } from './server/proxy-server.ts'
import { createServiceHealthServer } from './server/service-health.ts'
import { ServiceMap } from './service-map.ts'

export interface ProxyStartOptions extends Partial<ProxyFlagValues> {
  /** Instead of a kubeconfig: for composed clusters and tests. */
  client?: Client
  /** Runs iptables, ip and conntrack elsewhere than here: in another network namespace. */
  run?: RunCommand
}

const serviceProxyName = 'service.kubernetes.io/service-proxy-name'
const headless = 'service.kubernetes.io/headless'

export const startProxy: StartComponent<ProxyStartOptions> = async (options, { logger, clock }) => {
  validateFlags(options)
  const { run = runCommand } = options
  const nodeName = (options['hostname-override'] || hostname()).toLowerCase()
  const masqueradeBit = options['iptables-masquerade-bit'] ?? 14
  const heldAddresses = openHeldAddresses({ protocol: options['route-protocol'] ?? 200 + masqueradeBit, run })
  const iptables = await openIptables({ run })
  const rules = rulesOptions(options, masqueradeBit)
  if (options.cleanup) {
    await createIptablesProxier({ iptables, node: { name: nodeName }, rules }).cleanup()
    await heldAddresses.hold([])
    logger.info({ prefix: rules.chainPrefix }, 'removed all rules and addresses')
    return { name: 'tandem-proxy', done: Promise.resolve(), stop: async () => {} }
  }

  await prepareKernel(rules, { record: options['sysctl-record'], logger })
  const client = options.client ?? (await clientOf(options.kubeconfig))
  const node = await readNode(client, nodeName, logger)
  const map = new ServiceMap(node, withoutForeign(rules))
  const metrics = createMetrics({ process: options.client === undefined })
  const counts = proxyMetrics(metrics, () => map.pending)
  const serviceHealth = createServiceHealthServer({
    addresses: rules.nodePortAddresses ?? ['0.0.0.0'],
    isProxyHealthy: () => loop.health.healthy,
    logger,
  })
  const loop: ProxyLoop = new ProxyLoop({
    map,
    proxier: createIptablesProxier({ iptables, node, rules }),
    conntrack: openConntrack(run),
    heldAddresses,
    loadBalancerCIDRs: rules.loadBalancerCIDRs,
    answersNodePorts: answersNodePorts(rules),
    serviceHealth,
    clock,
    logger,
    metrics: counts,
    minSyncPeriodMs: options['iptables-min-sync-period'] ?? 10,
    syncPeriodMs: options['iptables-sync-period'] ?? 30_000,
  })

  const listener = healthListener(() => loop.health, {
    now: () => clock.now(),
    counted: (code) => counts.healthz.inc({ code: String(code) }),
  })
  const servers = await Promise.all([
    ...bound(options['healthz-bind-address'], 10256).map((address) => bind(listener, address)),
    ...bound(options['metrics-bind-address'], 10249).map((address) =>
      bind(metricsListener(metrics, 'iptables'), address),
    ),
  ])

  const informers = createInformerFactory({ client, clock, logger, transform: withoutManagedFields })
  const labelSelector = `!${serviceProxyName},!${headless}`
  const serviceInformer = informers.informer(services, { labelSelector })
  const sliceInformer = informers.informer(endpointSlices, { labelSelector })
  serviceInformer.addHandler(loop.services)
  sliceInformer.addHandler(loop.endpointSlices)
  informers.start()
  const stopping = new AbortController()
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const synced = Promise.all([serviceInformer.synced, sliceInformer.synced]).then(() => loop.start())
  await Promise.race([synced, stopped])

  const stop = async (): Promise<void> => {
    stopping.abort()
    await Promise.all([informers.stop(), loop.stop(), ...servers.map((server) => server.close())])
    serviceHealth.close()
    if (!options.client) await client.close()
  }
  let stopOnce: Promise<void> | undefined
  return {
    name: 'tandem-proxy',
    done: stopped,
    stop() {
      stopOnce ??= stop()
      return stopOnce
    },
  }
}

const clientOf = async (kubeconfig: string | undefined): Promise<Client> =>
  createClient(kubeconfig ? await loadKubeconfig(kubeconfig) : await loadInClusterConfig())

/** None when the flag is not there: a composed cluster has one server for all. */
const bound = (text: string | undefined, defaultPort: number) => (text ? [parseBindAddress(text, defaultPort)] : [])

function rulesOptions(flags: ProxyStartOptions, masqueradeBit: number): RulesOptions {
  const ranges = (flags['nodeport-addresses'] ?? []).filter(isIPv4Range)
  const own = hostAddresses()
  return {
    chainPrefix: flags['chain-prefix'] ?? 'KUBE',
    masqueradeBit,
    clusterCIDRs: (flags['cluster-cidr'] ?? []).filter(isIPv4Range),
    masqueradeAll: flags['masquerade-all'] ?? false,
    nodePortAddresses: ranges.length > 0 ? addressesIn(ranges, own) : undefined,
    localhostNodePorts: ranges.length === 0 && (flags['iptables-localhost-nodeports'] ?? true),
    nodeIPs: own,
    loadBalancerCIDRs: (flags['lb-pool'] ?? []).filter(isIPv4Range),
    isolatedCIDRs: (flags['isolate-from'] ?? []).filter(isIPv4Range),
    isolatedPorts: (flags['isolate-ports'] ?? []).map(Number),
    randomFully: true,
    conntrackTCPLiberal: false,
  }
}

const hostAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address),
  )

/** The host's addresses in the ranges; a range of one address is that address, whether an interface carries it yet or not. */
function addressesIn(ranges: readonly string[], own: readonly string[]): string[] {
  return ranges.flatMap((range) => {
    const [network = '', bits = '32'] = range.split('/')
    if (bits === '32') return [network]
    const list = new BlockList()
    list.addSubnet(network, Number(bits), 'ipv4')
    return own.filter((address) => list.check(address, 'ipv4'))
  })
}

/** Bridged packets must pass iptables, or answers of a pod on the same bridge would not be translated back. */
async function prepareKernel(
  { localhostNodePorts }: RulesOptions,
  { record, logger }: { record: string | undefined; logger: Logger },
): Promise<void> {
  const wanted = {
    'net.ipv4.ip_forward': '1',
    'net.bridge.bridge-nf-call-iptables': '1',
    ...(localhostNodePorts ? { 'net.ipv4.conf.all.route_localnet': '1' } : {}),
  }
  if (record) {
    const { changed, missing } = await setSysctls(wanted, { record })
    if (changed.length > 0) logger.info({ changed }, 'set sysctls')
    if (missing.length > 0) logger.warn({ missing }, 'sysctls are missing; is the module br_netfilter loaded?')
    return
  }
  for (const [name, value] of Object.entries(wanted)) {
    const present = await readSysctl(name)
    if (present !== value)
      logger.warn({ sysctl: name, value: present ?? 'missing', needed: value }, 'sysctl is not as Services need it')
  }
}

/** The zone is read once: a node does not move. Without its Node object the proxy works, but for topology. */
async function readNode(client: Client, name: string, logger: Logger): Promise<ProxyNode> {
  try {
    const { metadata } = await client.get(nodes, { name })
    return { name, zone: metadata.labels?.['topology.kubernetes.io/zone'] }
  } catch (error) {
    logger.warn({ error, node: name }, 'node could not be read; zones are not taken into account')
    return { name }
  }
}
