import type { KubernetesObject } from '@tandem/apimachinery'

const suffix = '.static.k8s.io'

/** Names that upstream keeps for what is configured by files. */
export const staticSuffixWarnings = ({ metadata }: KubernetesObject): string[] =>
  metadata.name?.endsWith(suffix)
    ? [
        `metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot be managed via the API`,
      ]
    : []
