import { defaultPullPolicy } from '../image-name.ts'
import { roundResourceList } from '../resource-list.ts'
import type { ObjectFieldSelector, ResourceFieldSelector, Volume, VolumeProjection } from '../types.ts'

const readableByAll = 0o644
const anHour = 60 * 60

/** `fieldRef` names the version its path is written for. */
export function defaultFieldRef(selector: ObjectFieldSelector | undefined): void {
  if (selector) selector.apiVersion ||= 'v1'
}

/** A divisor of none is written as 0, and counts as 1. */
export function defaultResourceFieldRef(selector: ResourceFieldSelector | undefined): void {
  if (selector) selector.divisor ??= '0'
}

function defaultDownwardItems(
  items: readonly { fieldRef?: ObjectFieldSelector; resourceFieldRef?: ResourceFieldSelector }[] | undefined,
): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    defaultFieldRef(fieldRef)
    defaultResourceFieldRef(resourceFieldRef)
  }
}

function defaultProjection({ downwardAPI, serviceAccountToken }: VolumeProjection): void {
  defaultDownwardItems(downwardAPI?.items)
  if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= anHour
}

/** The sources that Kubernetes gave up, but whose objects still read back as they did. */
function defaultRemoved({ iscsi, rbd, azureDisk, scaleIO }: Volume): void {
  if (iscsi) iscsi.iscsiInterface ||= 'default'
  if (rbd) {
    rbd.pool ||= 'rbd'
    rbd.user ||= 'admin'
    rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite'
    azureDisk.fsType ??= 'ext4'
    azureDisk.readOnly ??= false
    azureDisk.kind ??= 'Shared'
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned'
    scaleIO.fsType ||= 'xfs'
  }
}

export function defaultVolume(volume: Volume): void {
  const { name: _, ...sources } = volume
  if (Object.values(sources).every((source) => source === undefined)) volume.emptyDir = {}
  const { hostPath, secret, configMap, downwardAPI, projected, image, ephemeral } = volume
  if (hostPath) hostPath.type ??= ''
  if (secret) secret.defaultMode ??= readableByAll
  if (configMap) configMap.defaultMode ??= readableByAll
  if (downwardAPI) {
    downwardAPI.defaultMode ??= readableByAll
    defaultDownwardItems(downwardAPI.items)
  }
  if (projected) {
    projected.defaultMode ??= readableByAll
    for (const source of projected.sources ?? []) defaultProjection(source)
  }
  if (image) image.pullPolicy ||= defaultPullPolicy(image.reference)
  if (ephemeral?.volumeClaimTemplate) {
    const { spec } = ephemeral.volumeClaimTemplate
    spec.volumeMode ??= 'Filesystem'
    roundResourceList(spec.resources?.limits)
    roundResourceList(spec.resources?.requests)
  }
  defaultRemoved(volume)
}
