import type { CommandLine, Flags, FlagValues } from '@tandem/component-base/flags/index'

export const simulatedNodesFlags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to kubeconfig file with authorization and API server location information',
  },
  nodes: {
    type: 'int',
    default: 0,
    description:
      'How many nodes to register, named simulated-0 and on; those beyond the number are deleted. Nodes that others make with the label tandem.dev/simulated-node=true are kept alive as well',
  },
  capacity: {
    type: 'list',
    default: ['cpu=32', 'memory=256Gi', 'ephemeral-storage=1Ti', 'pods=110'],
    description: 'What each node has, where its maker did not say',
  },
  'pod-cidr': {
    type: 'string',
    default: '198.19.0.0/16',
    description: 'Addresses of pods; nothing answers at them. The default is what RFC 2544 sets aside for benchmarks',
  },
  'node-lease-renew-interval': {
    type: 'duration',
    default: '30s',
    description: 'How often each node says that it is alive; less than node-monitor-grace-period of the controllers',
  },
  'max-requests-inflight': {
    type: 'int',
    default: 32,
    description: 'Requests under way at a time, of each kind: nodes, leases, pods',
  },
  'healthz-bind-address': {
    type: 'string',
    default: '127.0.0.1:10247',
    description: 'The address and port of health and metrics; ready once all nodes are registered',
  },
} as const satisfies Flags

export const commandLine: CommandLine<typeof simulatedNodesFlags> = {
  name: 'tandem-simulated-nodes',
  description: 'Nodes and pods that live through the real API with no container behind them.',
  example: 'tandem-simulated-nodes --kubeconfig=/etc/kubernetes/simulated-nodes.conf --nodes=500',
  flags: simulatedNodesFlags,
}

export type SimulatedNodesFlagValues = FlagValues<typeof simulatedNodesFlags>
