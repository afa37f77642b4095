import type { LabelSelector, LabelSelectorRequirement } from '../../../meta/v1/types.ts'
import { dropDisabledFields } from '../pod-spec/disabled-fields.ts'
import { qosClassOf } from '../qos-class.ts'
import type { Pod, PodAffinityTerm, PodCondition } from '../types.ts'
import { syncAppArmorProfiles } from './profile-annotations.ts'

type Labels = Readonly<Record<string, string>> | undefined

/** Adds `key in (value of the pod's label)` for each key the pod has. */
function mergeLabelKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Labels,
): void {
  if (!selector) return
  const added = (keys ?? []).flatMap((key): LabelSelectorRequirement[] => {
    const value = labels?.[key]
    return value === undefined ? [] : [{ key, operator, values: [value] }]
  })
  if (added.length > 0) selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added]
}

function mergeAffinityKeys(pod: Pod): void {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  const { labels } = pod.metadata
  for (const { labelSelector, matchLabelKeys, mismatchLabelKeys } of terms) {
    mergeLabelKeys(labelSelector, matchLabelKeys, 'In', labels)
    mergeLabelKeys(labelSelector, mismatchLabelKeys, 'NotIn', labels)
  }
  for (const { labelSelector, matchLabelKeys } of pod.spec.topologySpreadConstraints ?? [])
    mergeLabelKeys(labelSelector, matchLabelKeys, 'In', labels)
}

export function prepareForCreate(pod: Pod): void {
  dropDisabledFields(pod.spec)
  syncAppArmorProfiles(pod.metadata.annotations, pod.spec)
  pod.status = { phase: 'Pending', qosClass: qosClassOf(pod) }
  if ((pod.spec.schedulingGates ?? []).length > 0)
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastTransitionTime: pod.metadata.creationTimestamp,
      },
    ]
  mergeAffinityKeys(pod)
}

export function prepareForUpdate(pod: Pod, old: Pod): void {
  dropDisabledFields(pod.spec)
  pod.status = old.status
}

/** A condition that comes without the generation it saw keeps the one it had. */
function keepObservedGeneration(
  conditions: PodCondition[] | undefined,
  old: readonly PodCondition[] | undefined,
): void {
  for (const condition of conditions ?? []) {
    const observed = old?.find(({ type }) => type === condition.type)?.observedGeneration
    if (!condition.observedGeneration && observed) condition.observedGeneration = observed
  }
}

export function prepareForStatusUpdate(pod: Pod, old: Pod): void {
  pod.spec = old.spec
  pod.metadata.deletionTimestamp = old.metadata.deletionTimestamp
  pod.metadata.ownerReferences = old.metadata.ownerReferences
  pod.status ??= {}
  pod.status.qosClass ||= old.status?.qosClass
  pod.status.observedGeneration ||= old.status?.observedGeneration
  keepObservedGeneration(pod.status.conditions, old.status?.conditions)
}
