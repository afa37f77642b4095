import { join } from 'node:path/posix'
import { localPathDirectoryOf, localPathProvisioner } from '@tandem/api/core/v1/local-path'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import { selectedNodeAnnotation, storageClassOf } from '@tandem/api/core/v1/volume-binding'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import type { New } from '@tandem/apimachinery'
import { provisionedByAnnotation, provisionerAnnotations } from '../volume-binding/annotations.ts'

/** Kept on a volume until what it stands for is removed, whoever deletes the object first. */
export const removalFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer'

const hostname = 'kubernetes.io/hostname'
const modes: readonly string[] = ['ReadWriteOnce', 'ReadWriteOncePod']

export const isOurs = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  !spec.volumeName &&
  !metadata.deletionTimestamp &&
  provisionerAnnotations.some((name) => metadata.annotations?.[name] === localPathProvisioner)

export const selectedNodeOf = ({ metadata }: PersistentVolumeClaim): string | undefined =>
  metadata.annotations?.[selectedNodeAnnotation]

/** Why no volume can be made for the claim, on whatever node. */
export function refusalOf({ spec }: PersistentVolumeClaim, { parameters = {} }: StorageClass): string | undefined {
  const { accessModes = [], selector, volumeMode, dataSource, dataSourceRef } = spec
  const [parameter] = Object.keys(parameters)
  if (selector) return 'claim.Spec.Selector is not supported'
  if (volumeMode === 'Block') return 'block volumes are not supported'
  if (dataSource ?? dataSourceRef) return 'data sources are not supported'
  if (parameter !== undefined) return `invalid parameter ${JSON.stringify(parameter)}`
  const mode = accessModes.find((mode) => !modes.includes(mode))
  return mode && `access mode ${mode} is not supported: a directory of one node is ReadWriteOnce or ReadWriteOncePod`
}

export const volumeNameFor = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`

/** A directory of the node, named after the claim's uid; undefined where the node keeps none. */
export function volumeFor(
  claim: PersistentVolumeClaim,
  node: Node,
  { reclaimPolicy = 'Delete', mountOptions }: StorageClass,
): New<PersistentVolume> | undefined {
  const directory = localPathDirectoryOf(node)
  if (directory === undefined) return undefined
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const volumeName = volumeNameFor(claim)
  const value = node.metadata.labels?.[hostname] ?? node.metadata.name
  return {
    metadata: {
      name: volumeName,
      annotations: { [provisionedByAnnotation]: localPathProvisioner },
      ...(reclaimPolicy === 'Delete' && { finalizers: [removalFinalizer] }),
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '0' },
      accessModes: [...(claim.spec.accessModes ?? [])],
      persistentVolumeReclaimPolicy: reclaimPolicy as 'Delete' | 'Retain',
      storageClassName: storageClassOf(claim),
      volumeMode: 'Filesystem',
      ...(mountOptions && { mountOptions }),
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        ...(namespace && { namespace }),
        name,
        uid,
        ...(resourceVersion && { resourceVersion }),
      },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values: [value] }] }] },
      },
      local: { path: join(directory, volumeName) },
    },
  }
}
