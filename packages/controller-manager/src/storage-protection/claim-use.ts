import { isClaimOfPod } from '@tandem/api/core/v1/pod-volume-claims'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { claimNameOf } from '@tandem/api/core/v1/volume-binding'

/** Only pods that were scheduled use a claim: no kubelet starts a pod with one that is being deleted. */
export const usesClaim = (pod: Pod, claim: PersistentVolumeClaim): boolean =>
  Boolean(pod.spec.nodeName) &&
  (pod.spec.volumes ?? []).some(
    (volume) =>
      volume.persistentVolumeClaim?.claimName === claim.metadata.name ||
      (volume.ephemeral !== undefined &&
        !isShutDown(pod) &&
        claimNameOf(pod, volume) === claim.metadata.name &&
        isClaimOfPod(pod, claim)),
  )

/** Its kubelet is done with it; it may itself wait for its claims to go. */
const isShutDown = ({ metadata }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
