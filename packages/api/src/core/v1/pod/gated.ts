import { type FieldError, invalidValue, semanticallyEqual } from '@tandem/apimachinery'
import type { Affinity, NodeSelectorTerm, Pod } from '../types.ts'

/** While gates hold a pod back, whoever opens them may narrow down where it runs. */
export function validateGatedChanges({ spec }: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = []
  const selector = spec.nodeSelector ?? {}
  if (Object.entries(old.spec.nodeSelector ?? {}).some(([key, value]) => selector[key] !== value))
    errors.push(
      invalidValue(
        'spec.nodeSelector',
        selector,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    )
  return [...errors, ...validateTerms(requiredTerms(spec.affinity), requiredTerms(old.spec.affinity))]
}

const requiredTerms = (affinity: Affinity | undefined): readonly NodeSelectorTerm[] =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []

function validateTerms(now: readonly NodeSelectorTerm[], before: readonly NodeSelectorTerm[]): FieldError[] {
  const field = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  if (before.length === 0) return []
  if (now.length !== before.length)
    return [invalidValue(field, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  return now.flatMap((term, i) =>
    onlyAdds(term, before[i] ?? {})
      ? []
      : [invalidValue(`${field}[${i}]`, term, 'only additions are allowed (no mutations or deletions)')],
  )
}

/** An empty term selects no node: adding to it would widen it. */
function onlyAdds(now: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every((list) => !before[list]?.length)) return lists.every((list) => !now[list]?.length)
  return lists.every((list) => {
    const had = before[list] ?? []
    return semanticallyEqual((now[list] ?? []).slice(0, had.length), had)
  })
}

/** The affinity with the node's part put back, for comparing the rest. */
export function keepNodeAffinity(now: Affinity | undefined, before: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _, ...rest } = now ?? {}
  const kept = before?.nodeAffinity ? { ...rest, nodeAffinity: before.nodeAffinity } : rest
  return Object.keys(kept).length === 0 ? undefined : kept
}
