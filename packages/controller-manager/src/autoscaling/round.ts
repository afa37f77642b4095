import { horizontalPodAutoscalers } from '@tandem/api/autoscaling/v2/horizontalpodautoscaler'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '@tandem/api/autoscaling/v2/types'
import { equalJson } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { timestamp } from '../timestamp.ts'
import { withCondition } from './conditions.ts'

/** One look at one autoscaler: gathers what its status will say. */
export class Round {
  readonly autoscaler: HorizontalPodAutoscaler
  readonly #context: ControllerContext
  #status: HorizontalPodAutoscalerStatus
  #statuses: MetricStatus[] | undefined

  constructor(autoscaler: HorizontalPodAutoscaler, context: ControllerContext) {
    this.autoscaler = autoscaler
    this.#context = context
    this.#status = autoscaler.status ?? { desiredReplicas: 0 }
  }

  set(type: string, status: string, { reason, message }: { reason: string; message: string }): void {
    const conditions = withCondition(
      this.#status.conditions ?? [],
      { type, status, reason, message },
      this.#context.clock.now(),
    )
    this.#status = { ...this.#status, conditions }
  }

  warn(reason: string, message: string): void {
    this.record('Warning', reason, message)
  }

  record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.record({ object: this.autoscaler, type, reason, message })
  }

  measured(statuses: MetricStatus[]): void {
    this.#statuses = statuses
  }

  /** Nothing was decided. */
  seen(currentReplicas: number): void {
    this.#replicas(currentReplicas, this.#status.desiredReplicas)
  }

  scaled({ current, desired }: { current: number; desired: number }): void {
    this.#replicas(current, desired)
    if (current !== desired) this.#status.lastScaleTime = timestamp(this.#context.clock.now())
  }

  #replicas(currentReplicas: number, desiredReplicas: number): void {
    const { lastScaleTime, conditions } = this.#status
    this.#status = {
      currentReplicas,
      desiredReplicas,
      ...(lastScaleTime && { lastScaleTime }),
      ...(this.#statuses && { currentMetrics: this.#statuses }),
      ...(conditions && { conditions }),
    }
  }

  async write(): Promise<void> {
    const { client } = this.#context
    if (equalJson(this.#status, this.autoscaler.status)) return
    try {
      const changed = { ...this.autoscaler, status: this.#status }
      await client.update(horizontalPodAutoscalers, changed, { subresource: 'status' })
    } catch (error) {
      this.warn('FailedUpdateStatus', messageOf(error))
      throw new Error(`failed to update status for ${this.autoscaler.metadata.name}: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}
