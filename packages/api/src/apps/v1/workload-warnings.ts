import { type KubernetesObject, semanticallyEqual, validateDns1123Label } from '@tandem/apimachinery'
import { podSpecWarnings } from '../../core/v1/pod-spec/warnings.ts'
import type { PodTemplateSpec } from '../../core/v1/types.ts'

/** On creation only: pods and their host names are made of a workload's name. */
export function warnOfPodNames({ metadata }: KubernetesObject, old?: KubernetesObject): string[] {
  const faults = old ? [] : validateDns1123Label(metadata.name)
  if (faults.length === 0) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${faults.join(' ')}]`,
  ]
}

/** Of a template that is new or has changed. */
export function warnOfTemplate(
  field: string,
  { template, old }: { template: PodTemplateSpec | undefined; old: PodTemplateSpec | undefined },
): string[] {
  return template && !semanticallyEqual(template, old) ? podSpecWarnings(field, template) : []
}
