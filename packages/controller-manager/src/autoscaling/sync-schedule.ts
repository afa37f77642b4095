import type { HorizontalPodAutoscaler } from '@tandem/api/autoscaling/v2/types'
import { equalJson, keyOf } from '@tandem/apimachinery'

interface Planned {
  uid: string
  spec: HorizontalPodAutoscaler['spec']
  due: number
}

/** When an autoscaler is looked at again: each period, and at once when what it asks for has changed, not when its status has. */
export class SyncSchedule {
  readonly #planned = new Map<string, Planned>()

  /** Milliseconds until it is due. */
  waitFor({ metadata, spec }: HorizontalPodAutoscaler, now: number): number {
    const planned = this.#planned.get(keyOf(metadata))
    if (!planned || planned.uid !== metadata.uid || !equalJson(planned.spec, spec)) return 0
    return Math.max(0, planned.due - now)
  }

  begin(
    { metadata, spec }: HorizontalPodAutoscaler,
    { now, syncPeriodMs }: { now: number; syncPeriodMs: number },
  ): void {
    this.#planned.set(keyOf(metadata), { uid: metadata.uid, spec, due: now + syncPeriodMs })
  }

  forget(key: string): void {
    this.#planned.delete(key)
  }
}
