import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { claimNameOf } from '@tandem/api/core/v1/volume-binding'
import type { Plugin } from '../framework/plugin.ts'
import { skip, unresolvable } from '../framework/status.ts'

const name = 'VolumeZone'

const conflict = unresolvable('node(s) had no available volume zone')

const zoneLabels = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]

interface Placed {
  key: string
  values: readonly string[]
}

/** A volume that says by its labels in which zone or region it is can be used only there. */
export const plugin: Plugin = {
  name,
  reads: [persistentVolumeClaims, persistentVolumes],
  events: [
    'PersistentVolumeClaimAdd',
    'PersistentVolumeClaimUpdate',
    'PersistentVolumeAdd',
    'PersistentVolumeUpdate',
    'NodeAdd',
    'NodeLabelChange',
  ],

  preFilter({ pod: { pod }, handle: { objects }, state }) {
    const placed = (pod.spec.volumes ?? []).flatMap((volume): Placed[] => {
      const claimName = claimNameOf(pod, volume)
      const key = { namespace: pod.metadata.namespace ?? '', name: claimName ?? '' }
      const volumeName = claimName === undefined ? undefined : objects.get(persistentVolumeClaims, key)?.spec.volumeName
      const labels = volumeName ? objects.get(persistentVolumes, { name: volumeName })?.metadata.labels : undefined
      // Several zones are written with two underscores between them.
      return zoneLabels.flatMap((key) => (labels?.[key] ? [{ key, values: labels[key].split('__') }] : []))
    })
    if (placed.length === 0) return skip
    state.set(name, placed)
    return undefined
  },

  filter({ state }, { node }) {
    const labels = node.metadata.labels ?? {}
    // Nodes without any such label are of a cluster that has no zones.
    if (!zoneLabels.some((key) => key in labels)) return undefined
    const placed = (state.get(name) as readonly Placed[] | undefined) ?? []
    return placed.every(({ key, values }) => values.includes(labels[key] ?? '')) ? undefined : conflict
  },
}
