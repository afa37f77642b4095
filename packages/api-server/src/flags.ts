import type { Flags, FlagValues } from '@tandem/component-base/flags/index'
import { UsageError } from '@tandem/component-base/flags/index'
import { type ApiServerOptions, type AuthorizationMode, authorizationModes, defaultIssuer } from './options.ts'
import { storageFlags, storageOptionsOf } from './storage-flags.ts'

/** Upstream's flags, as far as they have a meaning here. */
export const flags = {
  'bind-address': {
    type: 'string',
    default: '0.0.0.0',
    description: 'The IP address on which to listen for the --secure-port port',
  },
  'secure-port': {
    type: 'int',
    default: 6443,
    description: 'The port on which to serve HTTPS with authentication and authorization',
  },
  'advertise-address': {
    type: 'string',
    description: "The IP address by which members of the cluster reach this server; the host's own unless given",
  },
  'service-cluster-ip-range': {
    type: 'string',
    default: '10.96.0.0/16',
    description: 'A CIDR notation IP range from which to assign service cluster IPs',
  },
  'service-node-port-range': {
    type: 'string',
    default: '30000-32767',
    description: 'A port range to reserve for services with NodePort visibility, both ends included',
  },
  ...storageFlags,
  'encryption-provider-config': {
    type: 'string',
    description:
      'The file containing configuration for encryption providers to be used for storing secrets in the store',
  },
  'encryption-provider-config-automatic-reload': {
    type: 'bool',
    default: false,
    description:
      'Determines if the file set by --encryption-provider-config should be automatically reloaded if the disk contents change',
  },
  'tls-cert-file': {
    type: 'string',
    description: 'File containing the x509 certificate for HTTPS; read again when it changes',
  },
  'tls-private-key-file': {
    type: 'string',
    description: 'File containing the private key that matches --tls-cert-file',
  },
  'client-ca-file': {
    type: 'string',
    description:
      'Requests with a client certificate signed by one of the authorities in this file are authenticated with its common name',
  },
  'service-account-key-file': {
    type: 'list',
    description: 'Files with PEM-encoded keys to verify service account tokens with; the signing key unless given',
  },
  'service-account-signing-key-file': {
    type: 'string',
    description: 'File with the PEM-encoded private key that signs service account tokens',
  },
  'service-account-issuer': {
    type: 'string',
    default: defaultIssuer,
    description: 'Identifier of the service account token issuer',
  },
  'api-audiences': { type: 'list', description: 'Identifiers of the API; the issuer unless given' },
  'kubelet-client-certificate': { type: 'string', description: 'Path to a client certificate for calling kubelets' },
  'kubelet-client-key': { type: 'string', description: 'Path to the key of --kubelet-client-certificate' },
  'kubelet-certificate-authority': {
    type: 'string',
    description: "Path to the authority that signs kubelets' serving certificates",
  },
  'kubelet-preferred-address-types': {
    type: 'list',
    default: ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP'],
    description: "Which of a node's addresses to call its kubelet by, best first",
  },
  'authorization-mode': {
    type: 'list',
    default: ['Node', 'RBAC'],
    description: 'Ordered list of authorizers: Node, RBAC, AlwaysAllow, AlwaysDeny',
  },
  'anonymous-auth': {
    type: 'bool',
    default: true,
    description: 'Answers requests without credentials on the health and version paths',
  },
  'enable-admission-plugins': { type: 'list', description: 'Admission plugins to enable beside the default ones' },
  'disable-admission-plugins': {
    type: 'list',
    description: 'Admission plugins to disable although they are on by default',
  },
  'admission-control-config-file': {
    type: 'string',
    description: 'File with the configuration of admission plugins; ResourceQuota takes one',
  },
  'pod-security-enforce': {
    type: 'string',
    default: 'privileged',
    description:
      'The Pod Security level enforced in namespaces outside kube-system that carry no label: privileged, baseline or restricted',
  },
  'event-ttl': { type: 'duration', default: '1h', description: 'How long to keep events' },
  'enable-priority-and-fairness': {
    type: 'bool',
    default: true,
    description:
      'Gives each kind of request a share of the server, and fair queues, by FlowSchemas and priority levels',
  },
  'max-requests-inflight': {
    type: 'int',
    default: 400,
    description:
      'The maximum number of non-mutating requests under way at once; with priority and fairness, its sum with --max-mutating-requests-inflight is what the levels share',
  },
  'max-mutating-requests-inflight': {
    type: 'int',
    default: 200,
    description: 'The maximum number of mutating requests under way at once; see --max-requests-inflight',
  },
  'request-timeout': {
    type: 'duration',
    default: '1m',
    description: 'How long a request may take that is not long-running',
  },
  'min-request-timeout': {
    type: 'int',
    default: 1800,
    description: 'Seconds that a watch lives at least, unless its client asks for less; each lives up to twice as long',
  },
} as const satisfies Flags

export function optionsOf(values: FlagValues<typeof flags>): ApiServerOptions {
  const needed = (name: 'tls-cert-file' | 'tls-private-key-file' | 'service-account-signing-key-file'): string => {
    const value = values[name]
    if (!value) throw new UsageError(`--${name} is required`)
    return value
  }
  const optional = {
    advertiseAddress: values['advertise-address'],
    admissionControlConfigFile: values['admission-control-config-file'],
    clientCaFile: values['client-ca-file'],
    encryptionProviderConfig: values['encryption-provider-config'],
    kubeletClientCertificate: values['kubelet-client-certificate'],
    kubeletClientKey: values['kubelet-client-key'],
    kubeletCertificateAuthority: values['kubelet-certificate-authority'],
  }
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value)) as Partial<ApiServerOptions>),
    bindAddress: values['bind-address'],
    securePort: values['secure-port'],
    serviceClusterIpRange: values['service-cluster-ip-range'],
    serviceNodePortRange: values['service-node-port-range'],
    ...storageOptionsOf(values),
    tlsCertFile: needed('tls-cert-file'),
    tlsPrivateKeyFile: needed('tls-private-key-file'),
    serviceAccountKeyFiles: values['service-account-key-file'],
    serviceAccountSigningKeyFile: needed('service-account-signing-key-file'),
    serviceAccountIssuer: values['service-account-issuer'],
    apiAudiences: values['api-audiences'],
    kubeletPreferredAddressTypes: values['kubelet-preferred-address-types'],
    authorizationModes: values['authorization-mode'].map(authorizationMode),
    anonymousAuth: values['anonymous-auth'],
    encryptionProviderConfigAutomaticReload: values['encryption-provider-config-automatic-reload'],
    enableAdmissionPlugins: values['enable-admission-plugins'],
    disableAdmissionPlugins: values['disable-admission-plugins'],
    podSecurityEnforce: podSecurityLevel(values['pod-security-enforce']),
    eventTtl: values['event-ttl'] / 1000,
    enablePriorityAndFairness: values['enable-priority-and-fairness'],
    maxRequestsInflight: values['max-requests-inflight'],
    maxMutatingRequestsInflight: values['max-mutating-requests-inflight'],
    requestTimeout: values['request-timeout'] / 1000,
    minRequestTimeout: values['min-request-timeout'],
  }
}

function authorizationMode(text: string): AuthorizationMode {
  const mode = authorizationModes.find((known) => known === text)
  if (!mode) throw new UsageError(`authorization-mode ${JSON.stringify(text)} is not a valid mode`)
  return mode
}

function podSecurityLevel(text: string): 'privileged' | 'baseline' | 'restricted' {
  if (text === 'privileged' || text === 'baseline' || text === 'restricted') return text
  throw new UsageError(`--pod-security-enforce: must be one of privileged, baseline, restricted`)
}
