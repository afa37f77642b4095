import { validateDns1123Label } from '@tandem/apimachinery'
import { podSpecWarnings } from '../pod-spec/warnings.ts'
import type { Pod } from '../types.ts'

/** Updates are the work of controllers and kubelets, and draw none. */
export function warnings(pod: Pod, old?: Pod): string[] {
  if (old) return []
  const faults = validateDns1123Label(pod.metadata.name)
  const name = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${faults.join(' ')}]`
  return [...(faults.length > 0 ? [name] : []), ...podSpecWarnings('', pod)]
}
