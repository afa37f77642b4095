import {
  prepareForEphemeralContainersUpdate,
  validateEphemeralContainersUpdate,
} from '@tandem/api/core/v1/pod/ephemeral-containers'
import { prepareForResize, validateResize } from '@tandem/api/core/v1/pod/resize'
import type { Pod } from '@tandem/api/core/v1/types'
import { withRules } from './with-rules.ts'

/** `pods/ephemeralcontainers`: adds debug containers to a pod that runs; nothing else changes, and none goes. */
export const ephemeralContainers = withRules<Pod>({
  prepareForUpdate: prepareForEphemeralContainersUpdate,
  validateUpdate: validateEphemeralContainersUpdate,
})

/** `pods/resize`: changes what containers ask for and may use, while they run. */
export const resizePod = withRules<Pod>({
  prepareForUpdate: prepareForResize,
  validateUpdate: validateResize,
})
