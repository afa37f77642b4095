import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { DeleteRequest } from './store.ts'
import { timestamp } from './timestamp.ts'

/** What a delete makes of an object: it is removed, changed and kept, changed and then removed, or left as it is. */
export interface DeletionStep {
  /** The object was changed and is to be written. */
  changed: boolean
  remove: boolean
}

/** The few resources with rules of their own for deletion: a namespace waits for `spec.finalizers`. */
export interface DeletionRules<T extends KubernetesObject> {
  /** Called once the deletion timestamp is set. */
  terminating?(object: T): void
  /** True while something other than `metadata.finalizers` keeps the object. */
  isHeld?(object: T): boolean
}

export type DeleteOptions = Pick<
  DeleteRequest<KubernetesObject>,
  'gracePeriodSeconds' | 'propagationPolicy' | 'orphanDependents'
>

interface Deletion<T extends KubernetesObject> {
  definition: ResourceDefinition<T>
  rules: DeletionRules<T>
  options: DeleteOptions
  /** Milliseconds since the epoch. */
  now: number
}

/** Takes the object, which is the caller's own copy, one step towards its end. */
export function beginDeletion<T extends KubernetesObject>(object: T, deletion: Deletion<T>): DeletionStep {
  const grace = applyGrace(object, deletion)
  // Once it waits for grace, finalizers cannot be chosen any more.
  if (grace === 'pending') return { changed: false, remove: false }
  const { metadata } = object
  const finalizers = finalizersFor(metadata.finalizers ?? [], deletion)
  const rewritten = finalizers !== undefined
  if (rewritten) metadata.finalizers = finalizers
  const held = (metadata.finalizers ?? []).length > 0 || deletion.rules.isHeld?.(object) === true
  if (grace === 'now' && !held) return { changed: rewritten, remove: true }
  let changed = grace === 'marked' || rewritten
  if (grace === 'now' && markDeleted(object, deletion.now)) changed = true
  if (changed) deletion.rules.terminating?.(object)
  return { changed, remove: !held && (metadata.deletionGracePeriodSeconds ?? 0) === 0 }
}

/** An update may be the last step: no finalizers any more, and no grace to wait for. */
export function endsWithUpdate<T extends KubernetesObject>(next: T, old: T, rules: DeletionRules<T>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = old.metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds > 0) return false
  if ((next.metadata.finalizers ?? []).length > 0 || rules.isHeld?.(next)) return false
  return (old.metadata.finalizers ?? []).length > 0 || rules.isHeld?.(old) === true
}

/**
 * `now`: no grace stands before the removal. `marked`: the object was given a time, or an earlier one. `pending`: it has been given one
 * before and this request does not change it.
 */
function applyGrace<T extends KubernetesObject>(
  object: T,
  { definition, options, now }: Deletion<T>,
): 'now' | 'marked' | 'pending' {
  const { metadata } = object
  if (!definition.gracePeriodSeconds) return 'now'
  const asked = options.gracePeriodSeconds
  const requested = asked !== undefined && asked < 0 ? 1 : asked
  if (metadata.deletionTimestamp) {
    const given = metadata.deletionGracePeriodSeconds ?? 0
    if (given === 0) return 'now'
    if (requested === undefined || requested >= given) return 'pending'
    const end = Date.parse(metadata.deletionTimestamp) + (requested - given) * 1000
    metadata.deletionTimestamp = timestamp(Math.max(end, now))
    // That its time is over already is no removal by force: whoever looks after the object still has the last word.
    metadata.deletionGracePeriodSeconds = end < now && requested !== 0 ? 1 : requested
    return 'marked'
  }
  const seconds = definition.gracePeriodSeconds(object, requested)
  if (seconds === undefined) return 'now'
  metadata.deletionTimestamp = timestamp(now + seconds * 1000)
  metadata.deletionGracePeriodSeconds = seconds
  if (metadata.generation) metadata.generation++
  return 'marked'
}

function markDeleted({ metadata }: KubernetesObject, now: number): boolean {
  const first = !metadata.deletionTimestamp
  const past = metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) <= now
  if (past && metadata.deletionGracePeriodSeconds === 0) return false
  if (!past) metadata.deletionTimestamp = timestamp(now)
  if (first && metadata.generation) metadata.generation++
  metadata.deletionGracePeriodSeconds = 0
  return true
}

const orphan = 'orphan'
const foreground = 'foregroundDeletion'

/** The finalizers that the garbage collector is to see, or undefined when they stay as they are. */
function finalizersFor<T extends KubernetesObject>(
  present: readonly string[],
  { definition, options }: Deletion<T>,
): string[] | undefined {
  const { orphanDependents, propagationPolicy } = options
  const chosen = orphanDependents !== undefined || propagationPolicy !== undefined
  const orphans = chosen
    ? (orphanDependents ?? propagationPolicy === 'Orphan')
    : present.includes(orphan) || (definition.defaultPropagation === 'Orphan' && !present.includes(foreground))
  const dependents = chosen ? propagationPolicy === 'Foreground' : present.includes(foreground)
  const wanted = [
    ...present.filter((finalizer) => finalizer !== orphan && finalizer !== foreground),
    ...(orphans ? [orphan] : []),
    ...(dependents ? [foreground] : []),
  ]
  const same = wanted.length === present.length && wanted.every((finalizer) => present.includes(finalizer))
  return same ? undefined : wanted
}
