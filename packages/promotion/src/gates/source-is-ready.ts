import type { SelectedObject } from '../selection.ts'
import { rolloutOf } from './rollout.ts'

/** Reasons not to promote what is not known to work where it comes from: a workload whose rollout there is not complete. */
export const sourceProblems = (selected: readonly SelectedObject[]): string[] =>
  selected.flatMap(({ object }) => {
    const rollout = rolloutOf(object)
    return rollout && rollout.state !== 'complete' ? [`${object.kind} ${object.metadata.name}: ${rollout.message}`] : []
  })
