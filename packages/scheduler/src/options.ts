import type { CommandLine, Flags, FlagValues } from '@tandem/component-base/flags/index'

export const schedulerFlags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to kubeconfig file with authorization and API server location information',
    config: 'clientConnection.kubeconfig',
  },
  'bind-address': {
    type: 'string',
    default: '127.0.0.1',
    description: 'The IP address on which to listen for the --secure-port port',
  },
  'secure-port': {
    type: 'int',
    default: 10259,
    description: 'The port on which to serve HTTPS with authentication and authorization',
  },
  'tls-cert-file': {
    type: 'string',
    description: 'File containing the x509 certificate for HTTPS; one is made when absent',
  },
  'tls-private-key-file': {
    type: 'string',
    description: 'File containing the x509 private key matching --tls-cert-file',
  },
  'leader-elect': {
    type: 'bool',
    default: true,
    description: 'Start a leader election client and gain leadership before executing the main loop',
    config: 'leaderElection.leaderElect',
  },
  'leader-elect-lease-duration': {
    type: 'duration',
    default: '15s',
    description: 'How long non-leader candidates wait after observing a renewal before they try to take over',
    config: 'leaderElection.leaseDuration',
  },
  'leader-elect-renew-deadline': {
    type: 'duration',
    default: '10s',
    description: 'How long the leader tries to renew before it stops leading',
    config: 'leaderElection.renewDeadline',
  },
  'leader-elect-retry-period': {
    type: 'duration',
    default: '2s',
    description: 'How long to wait between attempts to acquire or renew leadership',
    config: 'leaderElection.retryPeriod',
  },
  'leader-elect-resource-name': {
    type: 'string',
    default: 'kube-scheduler',
    description: 'The name of the lease that is locked',
    config: 'leaderElection.resourceName',
  },
  'leader-elect-resource-namespace': {
    type: 'string',
    default: 'kube-system',
    description: 'The namespace of the lease that is locked',
    config: 'leaderElection.resourceNamespace',
  },
  'scheduler-name': {
    type: 'string',
    default: 'default-scheduler',
    description: 'Pods that ask for this scheduler are scheduled',
  },
  'percentage-of-nodes-to-score': {
    type: 'int',
    default: 0,
    description:
      'Share of nodes that, once found feasible, ends the search in clusters of 100 nodes and more; 0 chooses by the size of the cluster',
  },
  profiles: {
    type: 'structure',
    description: 'Ways of scheduling that pods choose by name: which plugins run, and with which arguments',
  },
  extenders: {
    type: 'structure',
    description: 'Services that are asked over HTTP where pods may run',
  },
  'pod-initial-backoff-seconds': {
    type: 'int',
    default: 1,
    description: 'Backoff of an unschedulable pod after its first attempt',
  },
  'pod-max-backoff-seconds': { type: 'int', default: 10, description: 'The longest backoff of an unschedulable pod' },
} as const satisfies Flags

export const commandLine: CommandLine<typeof schedulerFlags> = {
  name: 'tandem-scheduler',
  description: 'Finds a node for every pod that has none: where it fits, and among those where it fits best.',
  example: 'tandem-scheduler --kubeconfig=/etc/kubernetes/scheduler.conf --leader-elect=false',
  flags: schedulerFlags,
  config: { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' },
}

export type SchedulerFlagValues = FlagValues<typeof schedulerFlags>
