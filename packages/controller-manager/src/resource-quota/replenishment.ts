import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import { persistentVolumeClaimQuota } from '@tandem/api/core/v1/quota/persistentvolumeclaim'
import { isTerminating } from '@tandem/api/core/v1/quota/pod'
import { serviceQuota } from '@tandem/api/core/v1/quota/service'
import { printResources } from '@tandem/api/core/v1/resource-list'
import type { ContainerStatus, PersistentVolumeClaim, Pod, Service } from '@tandem/api/core/v1/types'
import { equalJson, type KubernetesObject } from '@tandem/apimachinery'

/** Does this change of an object change what quotas count? Most changes of pods do not. */
export function changesUsage(resource: string, object: KubernetesObject, old: KubernetesObject): boolean {
  switch (resource) {
    case '/pods':
      return podChanged(object as Pod, old as Pod)
    case '/services':
      return !equalJson(
        printResources(serviceQuota.usage(object as Service, 0)),
        printResources(serviceQuota.usage(old as Service, 0)),
      )
    case '/persistentvolumeclaims':
      return !equalJson(claimFacts(object as PersistentVolumeClaim), claimFacts(old as PersistentVolumeClaim))
    default:
      return false
  }
}

/** It ended, it is being deleted, its deadline came or went, or it was resized. */
const podChanged = (pod: Pod, old: Pod): boolean =>
  isPodTerminal(pod) !== isPodTerminal(old) ||
  (pod.metadata.deletionTimestamp !== undefined && old.metadata.deletionTimestamp === undefined) ||
  isTerminating(pod) !== isTerminating(old) ||
  pod.metadata.generation !== old.metadata.generation ||
  !equalJson(resourcesOf(pod), resourcesOf(old))

const resourcesOf = ({ status }: Pod): unknown[] =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map(
    ({ resources, allocatedResources }: ContainerStatus) => [resources, allocatedResources],
  )

const claimFacts = (claim: PersistentVolumeClaim): unknown[] => [
  printResources(persistentVolumeClaimQuota.usage(claim, 0)),
  claim.spec?.volumeAttributesClassName,
  claim.status?.currentVolumeAttributesClassName,
  claim.status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
]
