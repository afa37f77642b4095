import type { Pod, PodTemplateSpec } from '@tandem/api/core/v1/types'
import { type New, nameIsDnsSubdomain, type OwnerReference } from '@tandem/apimachinery'

/** A pod as its controller asks for it. */
export function podFromTemplate(
  template: PodTemplateSpec,
  { namespace, ownerName, reference }: { namespace: string | undefined; ownerName: string; reference: OwnerReference },
): New<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    metadata: {
      generateName: prefixOf(ownerName),
      ...(namespace && { namespace }),
      labels: { ...labels },
      annotations: { ...annotations },
      finalizers: [...(finalizers ?? [])],
      ownerReferences: [reference],
    },
    spec: structuredClone(template.spec ?? { containers: [] }),
  }
}

/** With a dash where that makes a name. */
const prefixOf = (ownerName: string): string => {
  const prefix = `${ownerName}-`
  return nameIsDnsSubdomain(prefix, true).length === 0 ? prefix : ownerName
}
