import type { KubernetesObject, OwnerReference } from '@tandem/apimachinery'
import { foregroundDeletion, orphanDependents } from './graph.ts'

/** What an owner reference points to, asked of the server. */
export type OwnerState = 'solid' | 'absent' | 'waiting'

export type DeletionPolicy = 'Orphan' | 'Foreground' | 'Background'

export type Verdict =
  /** An owner holds it. References to owners that do not are of no use any more. */
  | { kind: 'keep'; drop: readonly string[] }
  /** Nothing holds it. `unblock`: its own reference must not hold up an owner that waits for it, or both would wait for ever. */
  | { kind: 'delete'; policy: DeletionPolicy; unblock: boolean }

export interface Situation {
  object: KubernetesObject
  owners: readonly { reference: OwnerReference; state: OwnerState }[]
  hasDependents: boolean
  /** One of its dependents is itself being deleted in the foreground. */
  dependentIsDeletingDependents: boolean
}

export function judge({ object, owners, hasDependents, dependentIsDeletingDependents }: Situation): Verdict {
  const uidsOf = (state: OwnerState) =>
    owners.filter((owner) => owner.state === state).map(({ reference }) => reference.uid)
  if (owners.length === 0) return { kind: 'keep', drop: [] }
  if (uidsOf('solid').length > 0) return { kind: 'keep', drop: [...uidsOf('absent'), ...uidsOf('waiting')] }
  if (uidsOf('waiting').length > 0 && hasDependents)
    return { kind: 'delete', policy: 'Foreground', unblock: dependentIsDeletingDependents }
  const finalizers = object.metadata.finalizers ?? []
  const policy = finalizers.includes(orphanDependents)
    ? 'Orphan'
    : finalizers.includes(foregroundDeletion)
      ? 'Foreground'
      : 'Background'
  return { kind: 'delete', policy, unblock: false }
}
