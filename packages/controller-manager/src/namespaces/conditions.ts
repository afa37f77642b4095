import type { NamespaceCondition } from '@tandem/api/core/v1/types'
import { timestamp } from '../timestamp.ts'

/** How the deletion of a namespace's content went. */
export interface DeletionProgress {
  discoveryFailures: ReadonlyMap<string, string>
  deletionFailures: readonly string[]
  /** How many objects are left, by resource as `deployments.apps`. */
  remaining: ReadonlyMap<string, number>
  /** How many of them have a finalizer, by finalizer. */
  finalizers: ReadonlyMap<string, number>
}

type Verdict = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>

const fine = (type: NamespaceCondition['type'], reason: string, message: string): Verdict => ({
  type,
  status: 'False',
  reason,
  message,
})
const bad = (type: NamespaceCondition['type'], reason: string, message: string): Verdict => ({
  type,
  status: 'True',
  reason,
  message,
})
const listed = (counts: ReadonlyMap<string, number>, describe: (name: string, count: number) => string): string =>
  [...counts]
    .map(([name, count]) => describe(name, count))
    .sort()
    .join(', ')

function verdicts({ discoveryFailures, deletionFailures, remaining, finalizers }: DeletionProgress): Verdict[] {
  return [
    discoveryFailures.size === 0
      ? fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered')
      : bad(
          'NamespaceDeletionDiscoveryFailure',
          'DiscoveryFailed',
          `Discovery failed for some groups, ${discoveryFailures.size} failing: unable to retrieve the complete list of server APIs: ${[...discoveryFailures].map(([group, reason]) => `${group}: ${reason}`).join(', ')}`,
        ),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    deletionFailures.length === 0
      ? fine(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : bad(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${deletionFailures.length} remaining: ${[...deletionFailures].sort().join(', ')}`,
        ),
    remaining.size === 0
      ? fine('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : bad(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${listed(remaining, (name, count) => `${name} has ${count} resource instances`)}`,
        ),
    finalizers.size === 0
      ? fine('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : bad(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${listed(finalizers, (name, count) => `${name} in ${count} resource instances`)}`,
        ),
  ]
}

/** The namespace's conditions after this attempt; times change with the status only. */
export function deletionConditions(
  before: readonly NamespaceCondition[],
  progress: DeletionProgress,
  now: number,
): NamespaceCondition[] {
  const updated = verdicts(progress).map((verdict): NamespaceCondition => {
    const old = before.find(({ type }) => type === verdict.type)
    const lastTransitionTime = old?.status === verdict.status ? old.lastTransitionTime : timestamp(now)
    return { ...verdict, ...(lastTransitionTime && { lastTransitionTime }) }
  })
  return [...before.filter(({ type }) => !updated.some((condition) => condition.type === type)), ...updated]
}
