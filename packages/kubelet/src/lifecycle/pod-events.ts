import type { Pod } from '@tandem/api/core/v1/types'
import type { EventRecorder } from '@tandem/client'
import { fieldPathOf } from './pod-containers.ts'

export interface PodEvent {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  /** Of a container: the event then points at it. */
  container?: string
  annotations?: Record<string, string>
}

/** Events about pods and their containers, in upstream's words. */
export class PodEvents {
  readonly #recorder: EventRecorder

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder
  }

  record(pod: Pod, { type, reason, message, container, annotations }: PodEvent): void {
    const fieldPath = container === undefined ? undefined : fieldPathOf(pod, container)
    this.#recorder.record({
      object: { ...pod, apiVersion: 'v1', kind: 'Pod' },
      type,
      reason,
      message,
      ...(fieldPath ? { fieldPath } : {}),
      ...(annotations && { annotations }),
    })
  }
}

/** How upstream names a pod in messages: `name_namespace(uid)`. */
export const podText = ({ metadata: { name, namespace, uid } }: Pod): string => `${name}_${namespace}(${uid})`
