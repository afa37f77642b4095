import { isNotFound, type KubernetesObject } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { WaitTimeoutError, waitFor } from '@tandem/client/wait-for'
import { diffObject, fieldManager, type ObjectDiff, readTarget } from './diff.ts'
import { rolloutOf } from './gates/rollout.ts'
import { sourceProblems } from './gates/source-is-ready.ts'
import { portable } from './model/portable.ts'
import { type SelectedObject, type Selection, selectObjects } from './selection.ts'

export interface PromoteOptions {
  /** Read only. */
  source: Client
  target: Client
  selection: Selection
  /** How long a rollout in the target may take. */
  timeoutMs: number
  progress(message: string): void
}

export interface Promotion {
  diffs: ObjectDiff[]
}

/** Nothing was changed in the target. */
export class PromotionRefusedError extends Error {
  readonly code = 'PROMOTION_REFUSED'
}

/** The target was changed, and put back as it was; `notRestored` names what could not be. */
export class PromotionRolledBackError extends Error {
  readonly code = 'PROMOTION_ROLLED_BACK'
  readonly notRestored: string[]
  constructor(reason: string, notRestored: string[], cause: unknown) {
    const rest = notRestored.length > 0 ? `; not put back: ${notRestored.join(', ')}` : ''
    super(`${reason}; the state before is put back${rest}`, { cause })
    this.notRestored = notRestored
  }
}

/**
 * Takes chosen objects of a namespace from one cluster to another: checks them where they come from, tries every write as a server-side
 * dry run, applies, and awaits the rollouts. When one fails, what was there before is put back.
 */
export async function promote(options: PromoteOptions): Promise<Promotion> {
  const { source, target, selection, progress } = options
  progress('reading what is to be promoted')
  const selected = await selectObjects(source, selection)
  const problems = sourceProblems(selected)
  if (problems.length > 0) throw new PromotionRefusedError(`not ready where it comes from: ${problems.join('; ')}`)
  progress('trying every change as a dry run')
  const diffs = await dryRun(target, selected)
  const changed = selected.filter((_, index) => diffs[index]?.change !== 'none')
  const before = await Promise.all(changed.map((one) => readTarget(target, one)))
  const written: { selected: SelectedObject; before: KubernetesObject | undefined }[] = []
  try {
    for (const [index, one] of changed.entries()) {
      progress(`applying ${nameOf(one)}`)
      written.unshift({ selected: one, before: before[index] })
      await target.patch(
        one.resource,
        one.object.metadata,
        { type: 'apply', body: portable(one.object) },
        { fieldManager, force: true },
      )
    }
    for (const one of changed) await awaitRollout(target, one, options)
  } catch (error) {
    progress('putting back the state before')
    const notRestored: string[] = []
    for (const { selected: one, before: earlier } of written) {
      await restore(target, one, earlier).catch((failure: Error) =>
        notRestored.push(`${nameOf(one)} (${failure.message})`),
      )
    }
    throw new PromotionRolledBackError(error instanceof Error ? error.message : String(error), notRestored, error)
  }
  return { diffs }
}

/** The diffs of a whole selection; refuses when the target's server refuses any of it. */
export async function dryRun(target: Client, selected: readonly SelectedObject[]): Promise<ObjectDiff[]> {
  const results = await Promise.allSettled(selected.map((one) => diffObject(target, one)))
  const refusals = results.flatMap((result, index) => {
    const one = selected[index]
    return result.status === 'rejected' && one ? [`${nameOf(one)}: ${(result.reason as Error).message}`] : []
  })
  if (refusals.length > 0) throw new PromotionRefusedError(`the target refuses it: ${refusals.join('; ')}`)
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

const nameOf = ({ resource, object }: SelectedObject): string =>
  `${resource.kind} ${object.metadata.namespace}/${object.metadata.name}`

async function awaitRollout(
  target: Client,
  selected: SelectedObject,
  { timeoutMs, progress }: PromoteOptions,
): Promise<void> {
  if (!rolloutOf(selected.object)) return
  let last = ''
  await waitFor(
    target,
    selected.resource,
    selected.object.metadata,
    (object) => {
      if (!object) throw new Error(`${nameOf(selected)} was deleted while its rollout was awaited`)
      const rollout = rolloutOf({ ...object, kind: selected.resource.kind })
      if (!rollout) return true
      if (rollout.message !== last) progress(rollout.message)
      last = rollout.message
      if (rollout.state === 'failed') throw new Error(rollout.message)
      return rollout.state === 'complete'
    },
    { timeoutMs },
  ).catch((error: unknown) => {
    throw error instanceof WaitTimeoutError
      ? new Error(`${nameOf(selected)} was not rolled out in ${Math.round(timeoutMs / 1000)} s: ${last}`, {
          cause: error,
        })
      : error
  })
}

/** Objects that were there get their old content, others go. */
async function restore(
  target: Client,
  { resource, object }: SelectedObject,
  before: KubernetesObject | undefined,
): Promise<void> {
  if (!before) {
    await target.delete(resource, object.metadata, { propagationPolicy: 'Background' }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    return
  }
  const { uid: _uid, resourceVersion: _version, managedFields: _managed, ...metadata } = before.metadata
  const present = await target.get(resource, before.metadata)
  await target.update(
    resource,
    {
      ...before,
      metadata: { ...metadata, uid: present.metadata.uid, resourceVersion: present.metadata.resourceVersion },
    },
    { fieldManager },
  )
}
