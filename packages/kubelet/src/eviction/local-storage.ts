import { podLimits } from '@tandem/api/core/v1/pod-resources'
import type { Pod } from '@tandem/api/core/v1/types'
import { printQuantity, type Quantity, quantityValue } from '@tandem/apimachinery'
import { diskUseOf, type PodUse } from './pod-use.ts'

export interface StorageFault {
  /** For the metric of evictions. */
  signal: 'emptydirfs.limit' | 'ephemeralpodfs.limit' | 'ephemeralcontainerfs.limit'
  message: string
}

/** Does anything of this pod's storage have a limit of its own? */
export const limitsStorage = (pod: Pod): boolean =>
  podLimits(pod).has('ephemeral-storage') ||
  (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined)

/** Which of a pod's own limits on local storage it has outgrown, if any. */
export function storageFault(
  pod: Pod,
  use: PodUse,
  { dedicatedImageFs }: { dedicatedImageFs: boolean },
): StorageFault | undefined {
  return emptyDirFault(pod, use) ?? podFault(pod, use) ?? containerFault(pod, use, dedicatedImageFs)
}

function emptyDirFault(pod: Pod, { volumes }: PodUse): StorageFault | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = quantityValue(emptyDir?.sizeLimit ?? '0')
    if (limit > 0 && (volumes.get(name)?.bytes ?? 0) > limit)
      return {
        signal: 'emptydirfs.limit',
        message: `Usage of EmptyDir volume "${name}" exceeds the limit "${emptyDir?.sizeLimit}". `,
      }
  }
  return undefined
}

function podFault(pod: Pod, use: PodUse): StorageFault | undefined {
  const limit: Quantity | undefined = podLimits(pod).get('ephemeral-storage')
  if (!limit || diskUseOf(use, pod, ['writableLayers', 'logs', 'volumes']).bytes <= quantityValue(limit))
    return undefined
  return {
    signal: 'ephemeralpodfs.limit',
    message: `Pod ephemeral local storage usage exceeds the total limit of containers ${printQuantity(limit)}. `,
  }
}

function containerFault(pod: Pod, use: PodUse, dedicatedImageFs: boolean): StorageFault | undefined {
  for (const { name, writableLayer, logs } of use.containers) {
    const limit = pod.spec.containers.find((container) => container.name === name)?.resources?.limits?.[
      'ephemeral-storage'
    ]
    if (limit === undefined || quantityValue(limit) === 0) continue
    const used = (logs?.bytes ?? 0) + (dedicatedImageFs ? 0 : (writableLayer?.bytes ?? 0))
    if (used > quantityValue(limit))
      return {
        signal: 'ephemeralcontainerfs.limit',
        message: `Container ${name} exceeded its local ephemeral storage limit "${limit}". `,
      }
  }
  return undefined
}
