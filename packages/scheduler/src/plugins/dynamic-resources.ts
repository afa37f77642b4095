import type { Plugin } from '../framework/plugin.ts'
import { unresolvable, unschedulable } from '../framework/status.ts'

/** Devices are not allocated yet: a pod with resource claims waits, and the others are told what upstream tells them. */
export const plugin: Plugin = {
  name: 'DynamicResources',
  events: ['UnschedulablePodUpdate'],
  preFilter({ pod: { pod } }) {
    const [claim] = pod.spec.resourceClaims ?? []
    if (!claim) return undefined
    const name = claim.resourceClaimName
    return unresolvable(
      name
        ? `resourceclaim "${name}" not found`
        : 'waiting for dynamic resource controller to create the resourceclaims for the pod',
    )
  },
  postFilter: () => ({ status: unschedulable('no new claims to deallocate') }),
}
