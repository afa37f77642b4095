import type { PersistentVolumeClaim, Pod } from './types.ts'
import { claimNameOf } from './volume-binding.ts'

/** The claims that a pod stands on. */
export const claimNamesOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? [])

/** A claim of the same name may be somebody else's. */
export const isClaimOfPod = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller && uid === pod.metadata.uid)
