import type { Namespace } from '@tandem/api/core/v1/types'
import type { DeletionRules } from '../deletion.ts'

/** A namespace stays, terminating, until its controller has emptied it and taken `spec.finalizers` away. */
export const namespaceDeletion: DeletionRules<Namespace> = {
  terminating(namespace) {
    namespace.status = { ...namespace.status, phase: 'Terminating' }
  },
  isHeld: (namespace) => (namespace.spec?.finalizers ?? []).length > 0,
}
