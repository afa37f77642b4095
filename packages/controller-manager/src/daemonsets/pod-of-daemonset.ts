import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import type { DaemonSet } from '@tandem/api/apps/v1/types'
import { matchToleration } from '@tandem/api/core/v1/toleration'
import type { NodeSelectorTerm, Pod, PodSpec, Toleration } from '@tandem/api/core/v1/types'
import type { New } from '@tandem/apimachinery'
import { controllerReference } from '../ownership.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { podRevisionLabel } from '../revisions/controller-revisions.ts'

const nodeNameField = 'metadata.name'
const generationAnnotation = 'deprecated.daemonset.template.generation'
export const generationLabel = 'pod-template-generation'

const exists = (key: string, effect: 'NoExecute' | 'NoSchedule'): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
})
/** What is wrong with a node is no reason for a daemon to leave it. */
const tolerations: readonly Toleration[] = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
]

export function daemonTolerations({ tolerations: own = [], hostNetwork }: PodSpec): Toleration[] {
  const added = hostNetwork ? [...tolerations, exists('network-unavailable', 'NoSchedule')] : tolerations
  return [...own.filter((one) => !added.some((other) => matchToleration(one, other))), ...added]
}

/** The generation of the template, where a client of before revisions counted it. */
export function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[generationAnnotation]
  return text !== undefined && /^-?\d+$/.test(text) ? text : undefined
}

export function podForNode(daemonSet: DaemonSet, { node, hash }: { node: string; hash: string }): New<Pod> {
  const pod = podFromTemplate(daemonSet.spec.template, {
    namespace: daemonSet.metadata.namespace,
    ownerName: daemonSet.metadata.name,
    reference: controllerReference(daemonSets, daemonSet),
  })
  const generation = templateGeneration(daemonSet)
  pod.metadata.labels = {
    ...pod.metadata.labels,
    ...(generation !== undefined && { [generationLabel]: generation }),
    [podRevisionLabel]: hash,
  }
  pod.spec.tolerations = daemonTolerations(pod.spec)
  // The scheduler puts it there, so that all its rules hold.
  const { affinity } = pod.spec
  pod.spec.affinity = {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [onNode(node)] },
    },
  }
  return pod
}

const onNode = (node: string): NodeSelectorTerm => ({
  matchFields: [{ key: nodeNameField, operator: 'In', values: [node] }],
})

/** The node that a pod runs on or waits for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const field = terms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === nodeNameField && operator === 'In')
  return field?.values?.length === 1 ? field.values[0] : undefined
}
