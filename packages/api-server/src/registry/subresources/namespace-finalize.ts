import { validateFinalizeUpdate } from '@tandem/api/core/v1/namespace'
import type { Namespace } from '@tandem/api/core/v1/types'
import { withRules } from './with-rules.ts'

/** `namespaces/finalize`: changes `spec.finalizers` alone; the last one gone ends the namespace. */
export const finalizeNamespace = withRules<Namespace>({
  prepareForUpdate(namespace, old) {
    namespace.status = old.status ?? {}
  },
  validateUpdate: validateFinalizeUpdate,
})
