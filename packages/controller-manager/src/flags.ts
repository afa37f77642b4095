import type { Flags, FlagValues } from '@tandem/component-base/flags/index'

/** Where upstream's flag for a controller's workers has another name than the controller. */
const concurrencyFlags = {
  'concurrent-deployment-syncs': { controller: 'deployment-controller', preset: 5, what: 'deployment objects' },
  'concurrent-endpoint-syncs': { controller: 'endpoints-controller', preset: 5, what: 'endpoint syncing operations' },
  'concurrent-service-endpoint-syncs': {
    controller: 'endpointslice-controller',
    preset: 5,
    what: 'service endpoint syncing operations',
  },
  'concurrent-horizontal-pod-autoscaler-syncs': {
    controller: 'horizontal-pod-autoscaler-controller',
    preset: 5,
    what: 'horizontal pod autoscaler objects',
  },
  'concurrent-namespace-syncs': { controller: 'namespace-controller', preset: 10, what: 'namespace objects' },
  'concurrent-rc-syncs': { controller: 'replicationcontroller-controller', preset: 5, what: 'replication controllers' },
  'concurrent-replicaset-syncs': { controller: 'replicaset-controller', preset: 5, what: 'replica sets' },
  'concurrent-service-syncs': { controller: 'service-lb-controller', preset: 1, what: 'services' },
} as const

type ConcurrencyFlag = keyof typeof concurrencyFlags
const concurrency = Object.fromEntries(
  Object.entries(concurrencyFlags).map(([name, { preset, what }]) => [
    name,
    { type: 'int', default: preset, description: `The number of ${what} that are allowed to sync concurrently.` },
  ]),
) as Record<ConcurrencyFlag, { type: 'int'; default: number; description: string }>

export const flags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to kubeconfig file with authorization and API server location information.',
  },
  'bind-address': {
    type: 'string',
    default: '127.0.0.1',
    description: 'The IP address on which to listen for the --secure-port port.',
  },
  'secure-port': {
    type: 'int',
    default: 10257,
    description: 'The port on which to serve HTTPS with authentication and authorization.',
  },
  'tls-cert-file': {
    type: 'string',
    description: 'File containing the default x509 Certificate for HTTPS; self-signed when absent.',
  },
  'tls-private-key-file': {
    type: 'string',
    description: 'File containing the default x509 private key matching --tls-cert-file.',
  },
  'allocate-node-cidrs': { type: 'bool', description: 'Should CIDRs for Pods be allocated and set on the nodes.' },
  'cluster-cidr': { type: 'string', description: 'CIDR Range for Pods in cluster.' },
  'node-cidr-mask-size': { type: 'int', default: 24, description: 'Mask size for node cidr in cluster.' },
  'service-cluster-ip-range': { type: 'string', description: 'CIDR Range for Services in cluster.' },
  'cluster-name': { type: 'string', default: 'kubernetes', description: 'The instance prefix for the cluster.' },
  'cluster-signing-cert-file': {
    type: 'string',
    description:
      'Filename containing a PEM-encoded X509 CA certificate used to issue cluster-scoped certificates. Nothing is signed without it.',
  },
  'cluster-signing-key-file': {
    type: 'string',
    description: 'Filename containing a PEM-encoded RSA or ECDSA private key used to sign cluster-scoped certificates.',
  },
  'cluster-signing-duration': {
    type: 'duration',
    default: '8760h0m0s',
    description:
      'The max length of duration signed certificates will be given. Individual CSRs may request shorter certs by setting spec.expirationSeconds.',
  },
  'service-account-private-key-file': {
    type: 'string',
    description: 'Filename containing a PEM-encoded private key used to sign service account tokens.',
  },
  'use-service-account-credentials': {
    type: 'bool',
    default: true,
    description: 'If true, use individual service account credentials for each controller.',
  },
  'root-ca-file': {
    type: 'string',
    description: "If set, this root certificate authority will be included in service account's token secret.",
  },
  controllers: {
    type: 'list',
    default: ['*'],
    description:
      "A list of controllers to enable. '*' enables all on-by-default controllers, 'foo' enables 'foo', '-foo' disables 'foo'.",
  },
  'leader-elect': {
    type: 'bool',
    default: true,
    description: 'Start a leader election client and gain leadership before executing the main loop.',
    config: 'leaderElection.leaderElect',
  },
  'leader-elect-lease-duration': {
    type: 'duration',
    default: '15s',
    description: 'How long non-leader candidates wait before they take a lease over.',
    config: 'leaderElection.leaseDuration',
  },
  'leader-elect-renew-deadline': {
    type: 'duration',
    default: '10s',
    description: 'How long the leader tries to renew before it stops leading.',
    config: 'leaderElection.renewDeadline',
  },
  'leader-elect-retry-period': {
    type: 'duration',
    default: '2s',
    description: 'How long to wait between tries.',
    config: 'leaderElection.retryPeriod',
  },
  'leader-elect-resource-name': {
    type: 'string',
    default: 'kube-controller-manager',
    description: 'The name of the lease.',
    config: 'leaderElection.resourceName',
  },
  'leader-elect-resource-namespace': {
    type: 'string',
    default: 'kube-system',
    description: 'The namespace of the lease.',
    config: 'leaderElection.resourceNamespace',
  },
  'node-monitor-period': { type: 'duration', default: '5s', description: 'The period for syncing NodeStatus.' },
  'node-monitor-grace-period': {
    type: 'duration',
    default: '50s',
    description: 'Amount of time which we allow running Node to be unresponsive before marking it unhealthy.',
  },
  'node-startup-grace-period': {
    type: 'duration',
    default: '1m0s',
    description: 'Amount of time which we allow starting Node to be unresponsive before marking it unhealthy.',
  },
  'terminated-pod-gc-threshold': {
    type: 'int',
    default: 12500,
    description:
      'Number of terminated pods that can exist before the terminated pod garbage collector starts deleting terminated pods.',
  },
  'max-endpoints-per-slice': {
    type: 'int',
    default: 100,
    description: 'The maximum number of endpoints that will be added to an EndpointSlice.',
  },
  'horizontal-pod-autoscaler-sync-period': {
    type: 'duration',
    default: '15s',
    description: 'The period for syncing the number of pods in horizontal pod autoscaler.',
    config: 'HPAController.HorizontalPodAutoscalerSyncPeriod',
  },
  'horizontal-pod-autoscaler-downscale-stabilization': {
    type: 'duration',
    default: '5m0s',
    description:
      'The period for which autoscaler will look backwards and not scale down below any recommendation it made during that period.',
    config: 'HPAController.HorizontalPodAutoscalerDownscaleStabilizationWindow',
  },
  'horizontal-pod-autoscaler-tolerance': {
    type: 'float',
    default: 0.1,
    description:
      'The minimum change (from 1.0) in the desired-to-actual metrics ratio for the horizontal pod autoscaler to consider scaling.',
    config: 'HPAController.HorizontalPodAutoscalerTolerance',
  },
  'horizontal-pod-autoscaler-cpu-initialization-period': {
    type: 'duration',
    default: '5m0s',
    description: 'The period after pod start when CPU samples might be skipped.',
    config: 'HPAController.HorizontalPodAutoscalerCPUInitializationPeriod',
  },
  'horizontal-pod-autoscaler-initial-readiness-delay': {
    type: 'duration',
    default: '30s',
    description: 'The period after pod start during which readiness changes will be treated as initial readiness.',
    config: 'HPAController.HorizontalPodAutoscalerInitialReadinessDelay',
  },
  'lb-pool': {
    type: 'string',
    description: 'CIDR that addresses for Services of type LoadBalancer are taken from; none are given without it.',
  },
  ...concurrency,
} as const satisfies Flags

/** Flags that controllers read as settings, under the same names. Durations in milliseconds. */
export function settingsOf(values: FlagValues<typeof flags>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && !Array.isArray(value))
      .map(([name, value]) => [name, String(value)]),
  )
}

export const concurrencyOf = (values: FlagValues<typeof flags>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(concurrencyFlags).map(([flag, { controller }]) => [controller, values[flag as ConcurrencyFlag]]),
  )
