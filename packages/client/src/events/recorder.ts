import type { ObjectReference } from '@tandem/api/core/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'

/** Tells users what happened to an object, as `kubectl describe` and `kubectl events` show it. */
export interface EventRecorder {
  /** Returns at once: an event that cannot be written is logged and dropped, it never holds up the work it tells of. */
  record(event: RecordedEvent): void
  /** Resolves when everything recorded so far was written or given up. */
  flush(): Promise<void>
}

export interface RecordedEvent {
  object: KubernetesObject | ObjectReference
  type: 'Normal' | 'Warning'
  /** One CamelCase word: `FailedScheduling`. */
  reason: string
  message: string
  action?: string
  /** The part concerned: `spec.containers{web}`. */
  fieldPath?: string
  annotations?: Record<string, string>
}
