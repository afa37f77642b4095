import type { Taint } from '@tandem/api/core/v1/types'
import type { Threshold } from './eviction/thresholds.ts'
import type { LogLimits } from './logs/rotating-log.ts'

export interface EvictionOptions {
  thresholds: readonly Threshold[]
  pressureTransitionPeriod: number
  maxPodGracePeriodSeconds: number
  monitoringInterval: number
}

/** Images are removed when the disk is fuller than the one share, until it is emptier than the other. */
export interface ImageCollectionOptions {
  highThreshold: number
  lowThreshold: number
  /** What was pulled a moment ago may be about to be used. */
  minimumAge: number
}

export interface ImagePullOptions {
  /** How many at a time. */
  parallelPulls: number
  /** A CredentialProviderConfig, and where the programs are that it names. */
  providerConfig?: string | undefined
  providerBinDir: string
}

/** What a kubelet is started with: its flags, read. */
export interface KubeletOptions {
  kubeconfig: string
  /** Labels everything of this cluster in the engine. */
  clusterName: string
  rootDir: string
  podLogDir?: string | undefined
  nodeName: string
  nodeIP: string
  /** 0 takes a free one; `daemonEndpoints` of the node tells which. */
  port: number
  address?: string | undefined
  healthzPort?: number | undefined
  clientCAFile?: string | undefined
  tlsCertFile?: string | undefined
  tlsPrivateKeyFile?: string | undefined
  clusterDNS: readonly string[]
  clusterDomain: string
  resolvConf: string
  bridgeName: string
  mtu?: number | undefined
  cniBinDirs?: readonly string[] | undefined
  cgroupRoot: string
  cgroupDriver: 'cgroupfs' | 'systemd'
  /** Ranges that are routed to the bridge, for hosts without a default route. */
  routedCidrs: readonly string[]
  /** Where pods are: what goes elsewhere is masqueraded. Nothing is, when absent. */
  clusterCIDR?: string | undefined
  chainPrefix: string
  hostPortAddress?: string | undefined
  /** A share of the machine instead of all of it. */
  capacity: Readonly<Record<string, string>>
  systemReserved: Readonly<Record<string, string>>
  maxPods: number
  /** Patterns, besides those that are safe. */
  allowedUnsafeSysctls: readonly string[]
  eviction: EvictionOptions
  imageGC: ImageCollectionOptions
  imagePulls: ImagePullOptions
  containerLogs: LogLimits
  /** Where manifests of static pods are. */
  podManifestPath?: string | undefined
  fileCheckFrequency: number
  nodeLabels: Readonly<Record<string, string>>
  registerWithTaints: readonly Taint[]
  dockerSocket: string
  nodeStatusUpdateFrequency: number
  nodeLeaseDurationSeconds: number
}
