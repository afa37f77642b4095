import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import type { ControllerRevision, StatefulSet } from '@tandem/api/apps/v1/types'
import type { PersistentVolumeClaim, Pod, Volume } from '@tandem/api/core/v1/types'
import type { New } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { podRevisionLabel, templateOf } from '../revisions/controller-revisions.ts'
import { claimNameAt, claimTemplates, podIndexLabel, podNameAt, podNameLabel, startOrdinal } from './identity.ts'

export interface SetRevisions {
  current: ControllerRevision
  update: ControllerRevision
}

/** Which revision a pod that is made now belongs to: those below the partition keep the old one. */
export function revisionAt(set: StatefulSet, ordinal: number, { current, update }: SetRevisions): ControllerRevision {
  const { updateStrategy } = set.spec
  const { rollingUpdate } = updateStrategy ?? {}
  const isRolling = updateStrategy?.type === 'RollingUpdate'
  const index = ordinal - startOrdinal(set)
  const keeps = rollingUpdate
    ? index < (rollingUpdate.partition ?? 0)
    : isRolling && index < (set.status?.currentReplicas ?? 0)
  return keeps ? current : update
}

export function podAt(set: StatefulSet, ordinal: number, revisions: SetRevisions): New<Pod> {
  const revision = revisionAt(set, ordinal, revisions)
  const pod = podFromTemplate(templateOf(revision), {
    namespace: set.metadata.namespace,
    ownerName: set.metadata.name,
    reference: controllerReference(statefulSets, set),
  })
  const name = podNameAt(set, ordinal)
  delete pod.metadata.generateName
  pod.metadata.name = name
  pod.metadata.labels = {
    ...pod.metadata.labels,
    ...identityLabels(name, ordinal),
    [podRevisionLabel]: revision.metadata.name,
  }
  pod.spec.hostname = name
  if (set.spec.serviceName) pod.spec.subdomain = set.spec.serviceName
  const volumes = volumesAt(set, ordinal, pod.spec.volumes)
  if (volumes.length > 0) pod.spec.volumes = volumes
  return pod
}

export const identityLabels = (name: string, ordinal: number): Record<string, string> => ({
  [podNameLabel]: name,
  [podIndexLabel]: String(ordinal),
})

/** A claim of the set hides a volume of the same name in the template. */
export function volumesAt(set: StatefulSet, ordinal: number, others: readonly Volume[] = []): Volume[] {
  const own = claimTemplates(set).map(
    (template): Volume => ({
      name: template.metadata.name,
      persistentVolumeClaim: { claimName: claimNameAt(set, template, ordinal) },
    }),
  )
  return [...own, ...others.filter(({ name }) => !own.some((volume) => volume.name === name))]
}

export const claimsAt = (set: StatefulSet, ordinal: number): New<PersistentVolumeClaim>[] =>
  claimTemplates(set).map((template) => {
    const { labels, annotations } = template.metadata
    return {
      metadata: {
        name: claimNameAt(set, template, ordinal),
        ...(set.metadata.namespace && { namespace: set.metadata.namespace }),
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations && { annotations: { ...annotations } }),
      },
      ...(template.spec && { spec: structuredClone(template.spec) }),
    }
  })
