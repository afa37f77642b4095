import { pods } from '@tandem/api/core/v1/pod'
import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Pod, PodResourceClaim } from '@tandem/api/core/v1/types'
import type { ResourceClaim, ResourceClaimTemplate } from '@tandem/api/resource/v1/types'
import { controllerOf, type New } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'

const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'
/** What is left of a name before a dash and five random characters. */
const longestPrefix = 57

/** The claim that the pod's status names for one that it asks for by template; '' for none at all, undefined while it is not known. */
export const generatedName = ({ status }: Pod, { name }: PodResourceClaim): string | undefined => {
  const told = status?.resourceClaimStatuses?.find((each) => each.name === name)
  return told && (told.resourceClaimName ?? '')
}

/** Which claim stands behind an entry of the pod; undefined where there is none yet, or none is needed. */
export const claimNameOf = (pod: Pod, entry: PodResourceClaim): string | undefined =>
  entry.resourceClaimName ?? (generatedName(pod, entry) || undefined)

/** A claim is made by template for one pod. */
export const isForPod = (claim: ResourceClaim, { metadata }: Pod): boolean =>
  controllerOf(claim)?.uid === metadata.uid && claim.metadata.namespace === metadata.namespace

/** One that was made for this entry, though the pod does not say so yet. */
export const isForEntry = (claim: ResourceClaim, pod: Pod, { name }: PodResourceClaim): boolean =>
  isForPod(claim, pod) && claim.metadata.annotations?.[podClaimAnnotation] === name

export function claimFromTemplate(
  pod: Pod,
  { name }: PodResourceClaim,
  template: ResourceClaimTemplate,
): New<ResourceClaim> {
  const { labels, annotations } = template.spec.metadata ?? {}
  const { blockOwnerDeletion: _, ...owner } = controllerReference(pods, pod)
  return {
    metadata: {
      generateName: prefixOf(pod.metadata.name, name),
      ...(pod.metadata.namespace && { namespace: pod.metadata.namespace }),
      ...(labels && { labels: { ...labels } }),
      annotations: { ...annotations, [podClaimAnnotation]: name },
      ownerReferences: [owner],
    },
    spec: structuredClone(template.spec.spec),
  }
}

/** Both names have their part of what there is room for. */
function prefixOf(podName: string, name: string): string {
  const whole = `${podName}-${name}-`
  if (whole.length <= longestPrefix) return whole
  const part = (text: string) => text.slice(0, Math.floor((text.length * longestPrefix) / whole.length))
  return `${part(podName)}-${part(name)}`
}

/** It needs its claims no more: it ended, or was deleted before it had a node. */
export const isDone = (pod: Pod): boolean =>
  isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName)
