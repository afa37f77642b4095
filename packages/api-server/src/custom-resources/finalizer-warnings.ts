import { type KubernetesObject, validateQualifiedName } from '@tandem/apimachinery'

const standard = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])
const toAvoid = 'to avoid accidental conflicts with other finalizer writers'

/** Of finalizers that are new, those whose names may be somebody else's too. */
export function finalizerWarnings({ metadata }: KubernetesObject, old?: KubernetesObject): string[] {
  const before = new Set(old?.metadata.finalizers)
  const added = new Set((metadata.finalizers ?? []).filter((name) => !before.has(name)))
  return [...added].sort().flatMap((name) => warningsOf(name).map((text) => `metadata.finalizers: "${name}": ${text}`))
}

function warningsOf(name: string): string[] {
  const faults = validateQualifiedName(name)
  if (name.includes('/') || standard.has(name)) return faults
  const form = name.includes('.') ? 'name including a path (/)' : 'name'
  return [...faults, `prefer a domain-qualified finalizer ${form} ${toAvoid}`]
}
