import type { Handle } from '../framework/plugin.ts'

/** What was decided about volumes and is not yet written: other pods must not be given the same. */
export interface AssumedVolumes {
  /** Volumes by name, with the UID of the claim each is for. */
  readonly bindings: Map<string, string>
  /** The node by the UID of the claim that is to be provisioned there. */
  readonly provisions: Map<string, string>
}

const byScheduler = new WeakMap<Handle, AssumedVolumes>()

export function assumedVolumes(handle: Handle): AssumedVolumes {
  const known = byScheduler.get(handle) ?? { bindings: new Map(), provisions: new Map() }
  byScheduler.set(handle, known)
  return known
}
