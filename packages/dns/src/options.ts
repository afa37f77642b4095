import type { CommandLine, Flags, FlagValues } from '@tandem/component-base/flags/index'

export const dnsFlags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to kubeconfig file with authorization and API server location information',
  },
  'bind-address': {
    type: 'string',
    default: '0.0.0.0',
    description: 'The address at which queries are answered; an address of the node, for pods reach it there',
  },
  port: { type: 'int', default: 10053, description: 'The port, for UDP and TCP' },
  'advertise-address': {
    type: 'string',
    description: 'The address under which pods reach this process; --bind-address unless that is all addresses',
  },
  'cluster-domain': {
    type: 'string',
    default: 'cluster.local',
    description: 'The domain of the cluster',
    config: 'clusterDomain',
  },
  'cluster-dns': {
    type: 'string',
    description: 'Address of the Service kube-system/kube-dns, which is then kept; without it, somebody else keeps it',
    config: 'clusterDNS',
  },
  'hostname-override': { type: 'string', description: "Name of this node, if it is not the host's name" },
  upstream: {
    type: 'list',
    description:
      'Name servers for names outside the cluster, as address or address:port; those of /etc/resolv.conf when absent',
  },
  ttl: { type: 'int', default: 30, description: 'Seconds for which answers about the cluster hold' },
  'healthz-bind-address': {
    type: 'string',
    default: '127.0.0.1:10153',
    description: 'The address and port of health and metrics',
  },
} as const satisfies Flags

export const commandLine: CommandLine<typeof dnsFlags> = {
  name: 'tandem-dns',
  description:
    'Answers for the names of Services, their endpoints and pods; asks the host’s name servers for all others.',
  example: 'tandem-dns --kubeconfig=/etc/kubernetes/dns.conf --bind-address=192.168.1.10 --cluster-dns=10.96.0.10',
  flags: dnsFlags,
}

export type DnsFlagValues = FlagValues<typeof dnsFlags>
