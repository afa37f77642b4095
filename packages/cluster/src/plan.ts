import { createHash } from 'node:crypto'
import { join } from 'node:path'

/**
 * Every value by which one cluster on this host differs from another: names, addresses, ports, folders.
 * Made once, kept in `<directory>/plan.json`, and read by whatever starts, watches or removes the cluster.
 */
export interface ClusterPlan {
  name: string
  /** All data of this cluster; nothing of it lies elsewhere. */
  directory: string
  /** The kubeconfig context and cluster name. */
  context: string
  nodeName: string
  /** The host's address on the network: what `default/kubernetes` points to and NodePorts answer at. Never loopback. */
  hostAddress: string
  /** Where NodePorts and hostPorts answer: the host's own addresses when absent. */
  nodePortAddress?: string
  /** The socket of the engine that runs the pods. */
  engineSocket: string
  /** Addresses of an etcd, separated by commas, that keeps what the cluster stores; the cluster's own directory when absent. */
  etcdServers?: string
  /** `/tandem/<name>` unless given. */
  etcdPrefix?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
  clusterDomain: string
  podCidr: string
  serviceCidr: string
  dnsAddress: string
  loadBalancerPool: string
  ports: ComponentPorts
  bridge: string
  /** Replaces `KUBE` in chain names where the host carries two clusters. */
  chainPrefix: string
  /** The bit of the packet mark that means "masquerade". Each cluster has one of its own. */
  masqueradeBit: number
  /** Marks the routes to this cluster's load-balancer addresses as its own. */
  routeProtocol: number
  /** The cgroup above everything that belongs to this cluster. */
  cgroup: string
  /** Limits of the whole cluster's cgroup; prod has none. */
  limits?: ResourceLimits
  /** The Pod Security level enforced where a namespace has no label of its own; none when absent. */
  podSecurity?: 'baseline'
  /** Capacity that the node reports. */
  capacity?: { cpu: string; memory: string }
  /** How many nodes there are with nothing behind them, beside the host's own. Where 0, there were some, and are to be no more. */
  simulatedNodes?: number
  /** Ranges of the other cluster on this host, to and from which traffic is dropped. */
  isolateFrom: string[]
  /** Ports of the other cluster's components, which pods must not reach. */
  isolatePorts: number[]
}

export interface ComponentPorts {
  apiServer: number
  kubelet: number
  kubeletHealthz: number
  proxyHealthz: number
  proxyMetrics: number
  controllerManager: number
  scheduler: number
  dns: number
  dnsMetrics: number
  simulatedNodes: number
}

export interface ResourceLimits {
  /** Relative weight against the rest of the host, 1024 being a normal process's (cgroup v1's `cpu.shares`). */
  cpuShares: number
  /** Hundredths of one CPU. */
  cpuPercent: number
  memoryBytes: number
}

export interface HostFacts {
  hostname: string
  /** The address other hosts would use. */
  address: string
  cpus: number
  memoryBytes: number
  /** `/var/run/docker.sock` unless given. */
  engineSocket?: string
}

export interface PairOptions {
  root: string
  host: HostFacts
  /** Which clusters this host carries; upstream's names and paths are used where it is only one. */
  clusters: readonly ClusterName[]
  /** Clusters that the host carries as well, and whose plans stay as they are. */
  beside?: readonly ClusterPlan[]
  overrides?: Partial<Record<ClusterName, Partial<ClusterPlan>>>
}

export type ClusterName = 'prod' | 'staging'

export const defaultRoot = '/var/lib/tandem'

const upstreamPorts: ComponentPorts = {
  apiServer: 6443,
  kubelet: 10250,
  kubeletHealthz: 10248,
  proxyHealthz: 10256,
  proxyMetrics: 10249,
  controllerManager: 10257,
  scheduler: 10259,
  dns: 10053,
  dnsMetrics: 10153,
  simulatedNodes: 10247,
}

const shifted = (ports: ComponentPorts, by: number): ComponentPorts =>
  Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, port + by])) as unknown as ComponentPorts

const ranges = {
  prod: {
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    dnsAddress: '10.96.0.10',
    loadBalancerPool: '10.98.0.0/24',
  },
  staging: {
    podCidr: '10.245.0.0/16',
    serviceCidr: '10.97.0.0/16',
    dnsAddress: '10.97.0.10',
    loadBalancerPool: '10.99.0.0/24',
  },
}

const stagingNodePortAddress = '10.101.0.1'

/** The plans of the clusters on one host, by the table of the design. Every value can be overridden. */
export function planClusters({ root, host, clusters, beside = [], overrides = {} }: PairOptions): ClusterPlan[] {
  const shared = clusters.length + beside.length > 1
  const plans = clusters.map((name) => ({ ...planCluster(name, root, host, shared), ...overrides[name] }))
  return plans.map((plan) => {
    const others = [...plans, ...beside].filter((other) => other.name !== plan.name)
    return {
      ...plan,
      isolateFrom: others.flatMap(rangesOf),
      isolatePorts: others.flatMap((other) => Object.values(other.ports)),
    }
  })
}

function planCluster(
  name: ClusterName,
  root: string,
  host: HostFacts,
  shared: boolean,
): Omit<ClusterPlan, 'isolateFrom' | 'isolatePorts'> {
  const tag = installationTag(root)
  const staging = name === 'staging'
  return {
    name,
    directory: join(root, name),
    context: `tandem-${name}`,
    nodeName: host.hostname.toLowerCase(),
    hostAddress: host.address,
    engineSocket: host.engineSocket ?? '/var/run/docker.sock',
    ...(staging && shared && { nodePortAddress: stagingNodePortAddress }),
    clusterDomain: 'cluster.local',
    ...ranges[name],
    ports: staging ? shifted(upstreamPorts, 1000) : upstreamPorts,
    bridge: `tandem-${name.slice(0, 4)}${tag.slice(0, 4)}`,
    chainPrefix: shared ? name.slice(0, 4).toUpperCase() : 'KUBE',
    masqueradeBit: staging ? 13 : 14,
    routeProtocol: staging ? 214 : 213,
    cgroup: `/tandem${tag && `-${tag}`}/${name}`,
    // Whoever may make privileged pods in staging has the host, and prod with it.
    ...(staging && shared && { limits: stagingLimits(host), podSecurity: 'baseline' as const }),
    ...(shared && { capacity: shareOf(host) }),
  }
}

/** Installations below another root than the default one share the host's cgroups and links with it, so names carry a tag. */
const installationTag = (root: string): string =>
  root === defaultRoot ? '' : createHash('sha256').update(root).digest('hex').slice(0, 6)

const stagingLimits = (host: HostFacts): ResourceLimits => ({
  cpuShares: 256,
  cpuPercent: host.cpus * 75,
  memoryBytes: Math.floor(host.memoryBytes / 2),
})

/** Two clusters on one host each promise their pods half of it, so that both promises can be kept. */
const shareOf = (host: HostFacts) => ({
  cpu: `${Math.floor((host.cpus * 1000) / 2)}m`,
  memory: `${Math.floor(host.memoryBytes / 2 / 1024)}Ki`,
})

/** Where pods of another cluster must not send anything. */
const rangesOf = (plan: Omit<ClusterPlan, 'isolateFrom' | 'isolatePorts'>): string[] => [
  plan.podCidr,
  plan.serviceCidr,
  plan.loadBalancerPool,
  ...(plan.nodePortAddress ? [`${plan.nodePortAddress}/32`] : []),
]
