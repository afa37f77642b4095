import type {
  ConfigMap,
  CSIPersistentVolumeSource,
  CSIVolumeSource,
  LocalVolumeSource,
  PersistentVolume,
  Pod,
  Secret,
  Volume,
} from '@tandem/api/core/v1/types'
import type { LocalPathDirectory } from './local-path-directory.ts'

/** What a volume is made of: a pod says it itself, or the persistent volume behind its claim does. */
export type VolumeSource = Pick<
  Volume,
  'configMap' | 'downwardAPI' | 'emptyDir' | 'flexVolume' | 'hostPath' | 'image' | 'nfs' | 'projected' | 'secret'
> & {
  csi?: CSIVolumeSource | CSIPersistentVolumeSource
  local?: LocalVolumeSource
}

/** One kind of volume. Exactly one plugin says yes to a volume. */
export interface VolumePlugin {
  /** Upstream's name, which is also the directory: `kubernetes.io/empty-dir`. */
  readonly name: string
  canSupport(source: VolumeSource): boolean
  /**
   * Makes the volume ready at the path returned. Called again whenever something it is made of may have changed, so it must be
   * repeatable and cheap when nothing has. Throws to have the mount tried again with backoff.
   */
  mount(request: MountRequest): Promise<MountedVolume>
  /** Undoes mount when the pod is gone; the directory itself is removed afterwards. The pod's object may no longer exist. */
  unmount?(directory: string, context: VolumeContext): Promise<void>
}

export interface MountRequest {
  pod: Pod
  volume: Volume
  source: VolumeSource
  /** Where `volume` names a claim, what the claim is bound to. Such a volume is mounted once while its pod lives. */
  persistentVolume?: PersistentVolume
  /** Nobody in the pod may write. */
  readOnly: boolean
  /** The volume's own directory on the host: `pods/<uid>/volumes/<plugin>/<name>`. */
  directory: string
  fsGroup: number | undefined
  context: VolumeContext
}

export interface MountedVolume {
  /** What is bound into containers. */
  path: string
  /** Content that the kubelet writes is never writable for containers. */
  readOnly?: boolean
  /** When to mount again although nothing changed: tokens before they expire. Milliseconds from now. */
  refreshAfter?: number
}

/** What plugins may read of the cluster and the node. */
export interface VolumeContext {
  /** Undefined when there is no such object. Watched from the first call on: a change mounts the pod's volumes again. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  serviceAccountToken(request: TokenRequest): Promise<ServiceAccountToken>
  csi: CsiMounts
  /** The directories of volumes that were provisioned on this node. */
  localPath: LocalPathDirectory
  /** Values of `resourceFieldRef` where a container has no limit of its own. */
  nodeAllocatable(): Readonly<Record<string, string>>
}

export interface CsiMounts {
  mount(request: MountRequest): Promise<MountedVolume>
  unmount(directory: string): Promise<void>
}

export interface ServiceAccountToken {
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** When a new one should be asked for. Milliseconds from now. */
  refreshAfter: number
}

export interface TokenRequest {
  pod: Pod
  audience?: string | undefined
  expirationSeconds: number
}
