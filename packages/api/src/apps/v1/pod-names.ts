import { type KubernetesObject, validateDns1123Label } from '@tandem/apimachinery'

/** On creation only: pods and their host names are made of a workload's name. */
export function warnOfPodNames({ metadata }: KubernetesObject, old?: KubernetesObject): string[] {
  const faults = old ? [] : validateDns1123Label(metadata.name)
  if (faults.length === 0) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${faults.join(' ')}]`,
  ]
}
