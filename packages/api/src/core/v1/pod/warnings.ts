import { validateDns1123Label } from '@tandem/apimachinery'
import type { Pod } from '../types.ts'

export function warnings(pod: Pod, old?: Pod): string[] {
  if (old) return []
  const faults = validateDns1123Label(pod.metadata.name)
  return faults.length === 0
    ? []
    : [
        `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${faults.join(' ')}]`,
      ]
}
