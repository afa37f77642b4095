import { hostname, networkInterfaces } from 'node:os'
import type { Taint } from '@tandem/api/core/v1/types'
import { quantityValue } from '@tandem/apimachinery'
import type { Flags, FlagValues } from '@tandem/component-base/flags/index'
import { UsageError } from '@tandem/component-base/flags/index'
import { defaultEvictionHard, parseThresholds } from './eviction/thresholds.ts'
import { withoutNamespace } from './lifecycle/sysctls.ts'
import type { LogLimits } from './logs/rotating-log.ts'
import type { EvictionOptions, ImageCollectionOptions, ImagePullOptions, KubeletOptions } from './options.ts'

/** Upstream's, which has no flag either. */
const evictionMonitoringInterval = 10_000

export const flags = {
  kubeconfig: {
    type: 'string',
    description: 'Path to a kubeconfig file, specifying how to connect to the API server',
    default: '/etc/kubernetes/kubelet.conf',
  },
  'cluster-name': {
    type: 'string',
    description: 'Labels what this cluster has in the engine; one engine may serve several',
    default: 'kubernetes',
  },
  'root-dir': { type: 'string', description: 'Directory path for managing kubelet files', default: '/var/lib/kubelet' },
  'pod-log-dir': {
    type: 'string',
    description:
      'Where the logs of containers are kept for log agents, with links in the directory containers beside it',
    default: '/var/log/pods',
    config: 'podLogsDir',
  },
  port: { type: 'int', description: 'The port for the kubelet to serve on', default: 10250 },
  address: { type: 'string', description: 'The IP address for the kubelet to serve on', default: '0.0.0.0' },
  'healthz-port': {
    type: 'int',
    description: 'The port of the localhost healthz endpoint (0 to disable)',
    default: 10248,
  },
  'hostname-override': {
    type: 'string',
    description: 'If non-empty, will use this string as identification instead of the actual hostname',
  },
  'node-ip': { type: 'string', description: 'IP address of the node' },
  'node-labels': { type: 'list', description: 'Labels to add when registering the node in the cluster: key=value' },
  'register-with-taints': {
    type: 'list',
    description: 'Register the node with the given list of taints: <key>=<value>:<effect>',
  },
  'client-ca-file': {
    type: 'string',
    description: 'Requests presenting a client certificate signed by this authority are authenticated',
    config: 'authentication.x509.clientCAFile',
  },
  'tls-cert-file': { type: 'string', description: 'File containing the x509 certificate used for serving HTTPS' },
  'tls-private-key-file': {
    type: 'string',
    description: 'File containing the x509 private key matching --tls-cert-file',
  },
  'cluster-dns': { type: 'list', description: 'IP addresses of the cluster DNS server' },
  'cluster-domain': { type: 'string', description: 'Domain for this cluster', default: 'cluster.local' },
  'resolv-conf': {
    type: 'string',
    description: 'Resolver configuration file used as the basis for the container DNS resolution configuration',
    default: '/etc/resolv.conf',
    config: 'resolvConf',
  },
  'bridge-name': { type: 'string', description: "The bridge of this cluster's pods", default: 'cni0' },
  mtu: { type: 'int', description: "The MTU of the pods' interfaces; the kernel's default when absent" },
  'cni-bin-dir': { type: 'list', description: 'Directories in which to search for CNI plugin binaries' },
  'cgroup-root': { type: 'string', description: 'The cgroup above everything of this kubelet', default: '/' },
  'cgroup-driver': {
    type: 'string',
    description: "Driver that the engine uses to manipulate cgroups: 'cgroupfs' or 'systemd'",
    default: 'cgroupfs',
  },
  'cluster-cidr': {
    type: 'string',
    description: 'CIDR range for pods in the cluster; what pods send elsewhere is masqueraded',
  },
  'service-cidr': { type: 'list', description: 'Ranges of Service addresses, routed to the bridge' },
  'lb-pool': { type: 'list', description: 'Ranges of load-balancer addresses, routed to the bridge' },
  'chain-prefix': { type: 'string', description: 'Begins the names of iptables chains', default: 'KUBE' },
  'host-port-address': { type: 'string', description: 'Where host ports answer when a pod does not say' },
  capacity: { type: 'list', description: 'A share of the machine to report instead of all of it: cpu=2,memory=4Gi' },
  'system-reserved': {
    type: 'list',
    description: 'Resources reserved for non-kubernetes components: cpu=200m,memory=500Mi',
  },
  'allowed-unsafe-sysctls': {
    type: 'list',
    description:
      'Unsafe sysctls or unsafe sysctl patterns (ending in *) that pods may set: kernel.msg*,net.core.somaxconn',
  },
  'max-pods': { type: 'int', description: 'Number of pods that can run on this kubelet', default: 110 },
  'eviction-hard': {
    type: 'list',
    description: 'Eviction thresholds (memory.available<1Gi) that if met trigger a pod eviction at once',
  },
  'eviction-soft': {
    type: 'list',
    description: 'Eviction thresholds (memory.available<1.5Gi) that if met over a grace period trigger a pod eviction',
  },
  'eviction-soft-grace-period': {
    type: 'list',
    description: 'How long a soft eviction threshold must hold before pods are evicted: memory.available=1m30s',
  },
  'eviction-minimum-reclaim': {
    type: 'list',
    description: 'How much of a resource is reclaimed besides, when pods are evicted for it: imagefs.available=2Gi',
  },
  'eviction-pressure-transition-period': {
    type: 'duration',
    description: 'How long the kubelet waits before it leaves a pressure condition',
    default: '5m0s',
  },
  'eviction-max-pod-grace-period': {
    type: 'int',
    description: 'The longest grace period in seconds of pods that a soft eviction threshold terminates',
    default: 0,
  },
  'serialize-image-pulls': {
    type: 'bool',
    description: 'Pull images one at a time',
    default: true,
  },
  'max-parallel-image-pulls': {
    type: 'int',
    description:
      'The maximum number of image pulls in parallel; needs --serialize-image-pulls=false (0 for any number)',
    default: 0,
  },
  'image-credential-provider-config': {
    type: 'string',
    description: 'Path to a credential provider plugin config file',
  },
  'image-credential-provider-bin-dir': {
    type: 'string',
    description: 'Path to the directory where credential provider plugin binaries are located',
  },
  'container-log-max-size': {
    type: 'string',
    description: 'The maximum size of a container log file before it is rotated',
    default: '10Mi',
  },
  'container-log-max-files': {
    type: 'int',
    description: 'The maximum number of log files that can be present for a container, at least 2',
    default: 5,
  },
  'image-gc-high-threshold': {
    type: 'int',
    description: 'The percent of disk usage after which unused images are always collected',
    default: 85,
    config: 'imageGCHighThresholdPercent',
  },
  'image-gc-low-threshold': {
    type: 'int',
    description: 'The percent of disk usage before which images are never collected',
    default: 80,
    config: 'imageGCLowThresholdPercent',
  },
  'minimum-image-ttl-duration': {
    type: 'duration',
    description: 'The minimum age of an unused image before it is collected',
    default: '2m',
    config: 'imageMinimumGCAge',
  },
  'pod-manifest-path': {
    type: 'string',
    description: 'Path to the directory containing static pod files to run, or the path to a single static pod file',
    config: 'staticPodPath',
  },
  'file-check-frequency': {
    type: 'duration',
    description: 'Duration between checking config files for new data',
    default: '20s',
  },
  'docker-endpoint': {
    type: 'string',
    description: 'The socket of the Docker engine',
    default: '/var/run/docker.sock',
  },
  'node-status-update-frequency': {
    type: 'duration',
    description: 'How often the node status is computed',
    default: '10s',
  },
  'node-lease-duration-seconds': { type: 'int', description: 'The duration of the node lease', default: 40 },
} as const satisfies Flags

export function optionsOf(values: FlagValues<typeof flags>): KubeletOptions {
  const driver = values['cgroup-driver']
  if (driver !== 'cgroupfs' && driver !== 'systemd') throw new UsageError(`unknown cgroup driver: ${driver}`)
  return {
    kubeconfig: values.kubeconfig,
    clusterName: values['cluster-name'],
    rootDir: values['root-dir'],
    podLogDir: values['pod-log-dir'],
    nodeName: (values['hostname-override'] ?? hostname()).trim().toLowerCase(),
    nodeIP: values['node-ip'] ?? hostAddress(),
    port: values.port,
    address: values.address,
    healthzPort: values['healthz-port'] || undefined,
    clientCAFile: values['client-ca-file'],
    tlsCertFile: values['tls-cert-file'],
    tlsPrivateKeyFile: values['tls-private-key-file'],
    clusterDNS: values['cluster-dns'],
    clusterDomain: values['cluster-domain'],
    resolvConf: values['resolv-conf'],
    bridgeName: values['bridge-name'],
    mtu: values.mtu,
    cniBinDirs: values['cni-bin-dir'].length > 0 ? values['cni-bin-dir'] : undefined,
    cgroupRoot: values['cgroup-root'],
    cgroupDriver: driver,
    routedCidrs: [...values['service-cidr'], ...values['lb-pool']],
    clusterCIDR: values['cluster-cidr'],
    chainPrefix: values['chain-prefix'],
    hostPortAddress: values['host-port-address'],
    capacity: pairs('capacity', values.capacity),
    systemReserved: pairs('system-reserved', values['system-reserved']),
    maxPods: values['max-pods'],
    allowedUnsafeSysctls: sysctlsOf(values['allowed-unsafe-sysctls']),
    eviction: evictionOf(values),
    imageGC: imageCollectionOf(values),
    imagePulls: imagePullsOf(values),
    containerLogs: logLimitsOf(values),
    podManifestPath: values['pod-manifest-path'] || undefined,
    fileCheckFrequency: values['file-check-frequency'],
    nodeLabels: pairs('node-labels', values['node-labels']),
    registerWithTaints: values['register-with-taints'].map(parseTaint),
    dockerSocket: values['docker-endpoint'].replace(/^unix:\/\//, ''),
    nodeStatusUpdateFrequency: values['node-status-update-frequency'],
    nodeLeaseDurationSeconds: values['node-lease-duration-seconds'],
  }
}

function evictionOf(values: FlagValues<typeof flags>): EvictionOptions {
  const hard = pairs('eviction-hard', values['eviction-hard'])
  return {
    thresholds: parseThresholds({
      evictionHard: values['eviction-hard'].length > 0 ? hard : defaultEvictionHard,
      evictionSoft: pairs('eviction-soft', values['eviction-soft']),
      evictionSoftGracePeriod: pairs('eviction-soft-grace-period', values['eviction-soft-grace-period']),
      evictionMinimumReclaim: pairs('eviction-minimum-reclaim', values['eviction-minimum-reclaim']),
    }),
    pressureTransitionPeriod: values['eviction-pressure-transition-period'],
    maxPodGracePeriodSeconds: values['eviction-max-pod-grace-period'],
    monitoringInterval: evictionMonitoringInterval,
  }
}

function imagePullsOf(values: FlagValues<typeof flags>): ImagePullOptions {
  const [most, serialize] = [values['max-parallel-image-pulls'], values['serialize-image-pulls']]
  const [providerConfig, providerBinDir] = [
    values['image-credential-provider-config'],
    values['image-credential-provider-bin-dir'],
  ]
  if (serialize && most > 1)
    throw new UsageError(
      `invalid configuration: maxParallelImagePulls ${most} cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false`,
    )
  if (providerConfig !== undefined && !providerBinDir)
    throw new UsageError(
      'credential provider plugin binary directory must be set by --image-credential-provider-bin-dir',
    )
  return {
    parallelPulls: serialize ? 1 : most || Number.POSITIVE_INFINITY,
    providerConfig,
    providerBinDir: providerBinDir ?? '',
  }
}

function sysctlsOf(allowed: readonly string[]): readonly string[] {
  const [unknown] = withoutNamespace(allowed)
  if (unknown !== undefined) throw new UsageError(`the sysctls "${unknown}" are not known to be namespaced`)
  return allowed
}

function logLimitsOf(values: FlagValues<typeof flags>): LogLimits {
  const maxFiles = values['container-log-max-files']
  if (maxFiles < 2) throw new UsageError(`invalid MaxFiles ${maxFiles}, must be > 1`)
  return { maxSize: quantityValue(values['container-log-max-size']), maxFiles }
}

function imageCollectionOf(values: FlagValues<typeof flags>): ImageCollectionOptions {
  const [high, low] = [values['image-gc-high-threshold'], values['image-gc-low-threshold']]
  const refuse = (what: string, value: number): never => {
    throw new UsageError(`${what} threshold for image garbage collection must be between 0 and 100: ${value}`)
  }
  if (high < 0 || high > 100) refuse('high', high)
  if (low < 0 || low > 100) refuse('low', low)
  if (low >= high && high < 100)
    throw new UsageError(`--image-gc-low-threshold ${low} must be less than --image-gc-high-threshold ${high}`)
  return { highThreshold: high / 100, lowThreshold: low / 100, minimumAge: values['minimum-image-ttl-duration'] }
}

/** `name=value`; thresholds are also written `signal<value`. */
function pairs(flag: string, list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((pair) => {
      const equals = pair.search(/[=<]/)
      if (equals < 1) throw new UsageError(`invalid argument "${pair}" for "--${flag}": must be formatted as key=value`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

export function parseTaint(text: string): Taint {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text) ?? []
  if (!key || !effect) throw new UsageError(`invalid taint spec: ${text}`)
  return { key, ...(value ? { value } : {}), effect: effect as Taint['effect'] }
}

/** The first address of this host that others could reach. */
function hostAddress(): string {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { address, internal, family } of addresses ?? []) if (!internal && family === 'IPv4') return address
  return '127.0.0.1'
}
