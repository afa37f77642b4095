import type { Backend } from '@tandem/storage'
import type { LimitedResource } from './admission/resource-quota/check.ts'

/** How the server is started: upstream's flags, in camel case, with upstream's defaults. */
export interface ApiServerOptions {
  bindAddress?: string
  /** 0 for any free port. */
  securePort?: number
  /** The address that `default/kubernetes` names; found from the host's interfaces unless given. */
  advertiseAddress?: string
  serviceClusterIpRange: string
  /** `30000-32767` unless given. */
  serviceNodePortRange?: string
  /** Where LevelDB keeps its files, for a server that has no etcd. */
  dataDir?: string
  /** How much of those files is read before they are used: `quick` unless given. */
  storageIntegrityCheck?: 'quick' | 'deep'
  /** The store is etcd, which several servers share. */
  etcd?: EtcdStorage
  /** A store that is open already: tests, and processes that compose a cluster. */
  backend?: Backend
  /** A file that says which resources are encrypted at rest, and under which keys. */
  encryptionProviderConfig?: string
  /** Takes over changes of that file while the server runs. */
  encryptionProviderConfigAutomaticReload?: boolean
  tlsCertFile: string
  tlsPrivateKeyFile: string
  clientCaFile?: string
  serviceAccountKeyFiles?: readonly string[]
  serviceAccountSigningKeyFile: string
  serviceAccountIssuer?: string
  apiAudiences?: readonly string[]
  kubeletClientCertificate?: string
  kubeletClientKey?: string
  kubeletCertificateAuthority?: string
  /** Addresses of a node by which its kubelet is called, best first. */
  kubeletPreferredAddressTypes?: readonly string[]
  authorizationModes?: readonly AuthorizationMode[]
  anonymousAuth?: boolean
  enableAdmissionPlugins?: readonly string[]
  disableAdmissionPlugins?: readonly string[]
  /** The Pod Security level of namespaces outside kube-system that carry no label: `privileged` unless given. */
  podSecurityEnforce?: 'privileged' | 'baseline' | 'restricted'
  /** Seconds that history is kept for watches and lists of the past; 0 for as long as its size allows. */
  etcdCompactionInterval?: number
  /** Configuration of admission plugins, as `AdmissionConfiguration`. */
  admissionControlConfigFile?: string
  /** What may only be used where a quota covers it; that file may say it. */
  quotaLimitedResources?: readonly LimitedResource[]
  /** Seconds between two counts of what is stored, for the metrics: a minute unless given, 0 for none. */
  etcdCountMetricPollPeriod?: number
  /** Seconds that events are kept. */
  eventTtl?: number
  /** On unless false; without it the two following numbers are bounds of their own. */
  enablePriorityAndFairness?: boolean
  maxRequestsInflight?: number
  maxMutatingRequestsInflight?: number
  /** Seconds. */
  requestTimeout?: number
  /** Seconds that a watch lives at least, where its client does not say. */
  minRequestTimeout?: number
}

/** Upstream's flags that begin with `etcd`. */
export interface EtcdStorage {
  servers: readonly string[]
  /** `/registry` unless given. */
  prefix?: string
  caFile?: string
  certFile?: string
  keyFile?: string
  /** Seconds that the checks of `/livez` and of `/readyz` wait for etcd: two unless given. */
  healthcheckTimeout?: number
  readycheckTimeout?: number
  /** Seconds that one lease is shared by keys with a time to live. */
  leaseReuseDuration?: number
}

export type AuthorizationMode = 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny'
export const authorizationModes: readonly AuthorizationMode[] = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny']

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local'
