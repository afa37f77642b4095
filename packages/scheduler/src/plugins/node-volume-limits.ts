import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { Pod } from '@tandem/api/core/v1/types'
import { claimNameOf, storageClassOf } from '@tandem/api/core/v1/volume-binding'
import { csiNodes } from '@tandem/api/storage/v1/csinode'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import type { ObjectSource, Plugin } from '../framework/plugin.ts'
import { skip, unschedulable } from '../framework/status.ts'

const exceeded = unschedulable('node(s) exceed max volume count')

/** The volumes that a pod has of CSI drivers: by an identity that is the same for all pods that share one, with the driver. */
function csiVolumes(pod: Pod, objects: ObjectSource): Map<string, string> {
  const volumes = new Map<string, string>()
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (name === undefined) continue
    const claim = objects.get(persistentVolumeClaims, { namespace: pod.metadata.namespace ?? '', name })
    if (!claim) continue
    const csi = claim.spec.volumeName
      ? objects.get(persistentVolumes, { name: claim.spec.volumeName })?.spec.csi
      : undefined
    if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
    else if (!claim.spec.volumeName) {
      // To be provisioned: it will be one more of that driver.
      const provisioner = objects.get(storageClasses, { name: storageClassOf(claim) })?.provisioner
      if (provisioner) volumes.set(`${provisioner}/${claim.metadata.uid}`, provisioner)
    }
  }
  return volumes
}

/** A node can hold only so many volumes of a CSI driver as the driver says. */
export const plugin: Plugin = {
  name: 'NodeVolumeLimits',
  reads: [csiNodes, persistentVolumeClaims, persistentVolumes, storageClasses],
  events: ['CSINodeAdd', 'CSINodeUpdate', 'AssignedPodDelete', 'PersistentVolumeClaimAdd'],
  mayHelp: (_, change) => !('pod' in change) || (change.pod.pod.spec.volumes ?? []).length > 0,

  preFilter(cycle) {
    const wanted = csiVolumes(cycle.pod.pod, cycle.handle.objects)
    if (wanted.size === 0) return skip
    cycle.state.set('NodeVolumeLimits', wanted)
    return undefined
  },

  filter(cycle, { name, pods }) {
    const { objects } = cycle.handle
    const wanted = cycle.state.get('NodeVolumeLimits') as ReadonlyMap<string, string> | undefined
    const limits = new Map(
      (objects.get(csiNodes, { name })?.spec.drivers ?? []).flatMap(({ name: driver, allocatable }) =>
        allocatable?.count === undefined ? [] : [[driver, allocatable.count]],
      ),
    )
    if (!wanted || ![...wanted.values()].some((driver) => limits.has(driver))) return undefined
    const volumes = new Map(wanted)
    for (const { pod } of pods.values()) for (const [id, driver] of csiVolumes(pod, objects)) volumes.set(id, driver)
    for (const [driver, limit] of limits) {
      const isMore = [...wanted.values()].includes(driver)
      if (isMore && [...volumes.values()].filter((one) => one === driver).length > limit) return exceeded
    }
    return undefined
  },
}
