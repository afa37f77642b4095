import type { PersistentVolumeClaim, Pod, Volume } from './types.ts'

/** The claim that is made for an ephemeral volume, and is the pod's own. */
export const ephemeralClaimName = (pod: Pod, { name }: Volume): string => `${pod.metadata.name}-${name}`

/** The claim that a volume stands on, if it stands on one. */
export const claimNameOf = (pod: Pod, volume: Volume): string | undefined =>
  volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? ephemeralClaimName(pod, volume) : undefined)

export const claimNamesOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? [])

/** A claim of the same name may be somebody else's. */
export const isClaimOfPod = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller && uid === pod.metadata.uid)
