import { createHash } from 'node:crypto'
import type {
  CSIPersistentVolumeSource,
  CSIVolumeSource,
  PersistentVolume,
  PersistentVolumeAccessMode,
  Pod,
} from '@tandem/api/core/v1/types'
import type { CSIDriver } from '@tandem/api/storage/v1/types'
import { accessMode } from './messages.ts'
import type { NodeDriver } from './node-driver.ts'

type Source = CSIVolumeSource | CSIPersistentVolumeSource

export const isPersistent = (source: Source): source is CSIPersistentVolumeSource => 'volumeHandle' in source

/** Inline volumes are told apart by their pod and their name in it. */
export const inlineHandle = (podUid: string, volume: string): string =>
  `csi-${createHash('sha256').update(`${podUid}${volume}`).digest('hex')}`

/** Which of its lives a volume has must be one that the driver says it knows; without a CSIDriver only persistent ones are known. */
export function checkLifecycle(source: Source, driver: CSIDriver | undefined): void {
  const wanted = isPersistent(source) ? 'Persistent' : 'Ephemeral'
  const known = driver?.spec.volumeLifecycleModes ?? ['Persistent']
  if (!known.includes(wanted))
    throw new Error(
      `volume mode ${JSON.stringify(wanted)} not supported by driver ${source.driver} (only supports ${JSON.stringify(known)})`,
    )
}

export function accessModeOf(volume: PersistentVolume | undefined, driver: Pick<NodeDriver, 'has'>): number {
  const modes: readonly PersistentVolumeAccessMode[] = volume?.spec.accessModes ?? []
  const knowsMore = driver.has('singleNodeMultiWriter')
  if (modes.includes('ReadWriteMany')) return accessMode.multiNodeMultiWriter
  if (modes.includes('ReadOnlyMany')) return accessMode.multiNodeReaderOnly
  if (modes.includes('ReadWriteOncePod'))
    return knowsMore ? accessMode.singleNodeSingleWriter : accessMode.singleNodeWriter
  if (modes.includes('ReadWriteOnce') && knowsMore) return accessMode.singleNodeMultiWriter
  return accessMode.singleNodeWriter
}

/** Is it for the kubelet to give the volume to the pod's fsGroup? */
export function appliesGroup(
  source: Source,
  { volume, driver }: { volume: PersistentVolume | undefined; driver: CSIDriver | undefined },
): boolean {
  switch (driver?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType') {
    case 'None':
      return false
    case 'File':
      return true
    default:
      return Boolean(source.fsType) && (volume?.spec.accessModes?.includes('ReadWriteOnce') ?? false)
  }
}

/** What a driver is told of the pod, where it asks for that. */
export const podInfo = ({ metadata, spec }: Pod, source: Source): Record<string, string> => ({
  'csi.storage.k8s.io/pod.name': metadata.name,
  'csi.storage.k8s.io/pod.namespace': metadata.namespace ?? '',
  'csi.storage.k8s.io/pod.uid': metadata.uid,
  'csi.storage.k8s.io/serviceAccount.name': spec.serviceAccountName ?? '',
  'csi.storage.k8s.io/ephemeral': String(!isPersistent(source)),
})
