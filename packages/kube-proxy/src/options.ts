import { isIP, isIPv4 } from 'node:net'
import { type CommandLine, type Flags, type FlagValues, UsageError } from '@tandem/component-base/flags/index'

export const proxyFlags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to kubeconfig file with authorization and API server location information',
    config: 'clientConnection.kubeconfig',
  },
  'hostname-override': { type: 'string', description: "Name of this node, if it is not the host's name" },
  'cluster-cidr': {
    type: 'list',
    description: 'Ranges of pod addresses in the cluster; traffic from elsewhere to a cluster address is masqueraded',
    config: 'clusterCIDR',
  },
  'healthz-bind-address': {
    type: 'string',
    default: '0.0.0.0:10256',
    description: 'The address and port of the health check server',
  },
  'metrics-bind-address': {
    type: 'string',
    default: '127.0.0.1:10249',
    description: 'The address and port of the metrics server',
  },
  'nodeport-addresses': {
    type: 'list',
    description: 'Ranges of the addresses of this node at which node ports answer; all of them when absent',
  },
  'masquerade-all': {
    type: 'bool',
    description: 'Masquerade all traffic sent to cluster addresses',
    config: 'iptables.masqueradeAll',
  },
  'iptables-masquerade-bit': {
    type: 'int',
    default: 14,
    description: 'Which bit of the packet mark says that a packet is to be masqueraded, 0 to 31',
    config: 'iptables.masqueradeBit',
  },
  'iptables-localhost-nodeports': {
    type: 'bool',
    default: true,
    description: 'Let node ports answer at 127.0.0.1 too',
    config: 'iptables.localhostNodePorts',
  },
  'iptables-sync-period': {
    type: 'duration',
    default: '30s',
    description: 'How often the tables are looked at, in case somebody else flushed them',
    config: 'iptables.syncPeriod',
  },
  'iptables-min-sync-period': {
    type: 'duration',
    default: '10ms',
    description: 'The shortest time between two writes of rules; changes meanwhile are written together',
    config: 'iptables.minSyncPeriod',
  },
  'proxy-mode': {
    type: 'string',
    default: 'iptables',
    description: "Which proxy mode to use: 'iptables'",
    config: 'mode',
  },
  cleanup: { type: 'bool', description: 'Remove the rules and addresses of this proxy, and exit' },
  'chain-prefix': {
    type: 'string',
    default: 'KUBE',
    description: 'What chains begin with, where a host carries several clusters',
  },
  'lb-pool': { type: 'list', description: 'Ranges of load-balancer addresses that are held on this host' },
  'isolate-from': {
    type: 'list',
    description:
      'Ranges of other clusters on this host (pods, Services, load balancers, node-port addresses): nothing passes between them and pods of this one',
  },
  'isolate-ports': {
    type: 'list',
    description: "Ports of other clusters' components on this host, which pods of this one must not reach",
  },
  'route-protocol': {
    type: 'int',
    description:
      'The number that marks routes of held addresses as of this proxy; 200 and the masquerade bit unless given',
  },
  'sysctl-record': {
    type: 'string',
    description: 'Set the sysctls that are needed, and keep their earlier values in this file',
  },
} as const satisfies Flags

export const commandLine: CommandLine<typeof proxyFlags> = {
  name: 'tandem-proxy',
  description: 'Makes Services work on a node: their addresses lead to their endpoints, by rules of iptables.',
  example: 'tandem-proxy --kubeconfig=/etc/kubernetes/proxy.conf --cluster-cidr=10.244.0.0/16',
  flags: proxyFlags,
  config: { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' },
}

export type ProxyFlagValues = FlagValues<typeof proxyFlags>

/** Refuses what would make bad rules, before anything is written. */
export function validateFlags(flags: Partial<ProxyFlagValues>): void {
  for (const name of ['cluster-cidr', 'nodeport-addresses', 'lb-pool', 'isolate-from'] as const) {
    for (const cidr of flags[name] ?? [])
      if (!isCIDR(cidr)) throw new UsageError(`--${name}: ${cidr} is not a range such as 10.244.0.0/16`)
  }
  for (const port of flags['isolate-ports'] ?? [])
    if (!/^\d{1,5}$/.test(port)) throw new UsageError(`--isolate-ports: ${port} is not a port`)
  const bit = flags['iptables-masquerade-bit'] ?? 14
  if (bit < 0 || bit > 31) throw new UsageError(`--iptables-masquerade-bit: ${bit} is not within the range [0, 31]`)
  const mode = flags['proxy-mode'] || 'iptables'
  if (mode !== 'iptables') throw new UsageError(`--proxy-mode: ${mode} is not supported; use iptables`)
}

function isCIDR(text: string): boolean {
  const [address = '', bits, rest] = text.split('/')
  const family = isIP(address)
  return (
    family !== 0 &&
    rest === undefined &&
    bits !== undefined &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (family === 4 ? 32 : 128)
  )
}

export const isIPv4Range = (cidr: string): boolean => isIPv4(cidr.split('/')[0] ?? '')
