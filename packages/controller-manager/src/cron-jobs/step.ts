import type { Job } from '@tandem/api/batch/v1/types'
import type { ControllerContext } from '@tandem/controller-runtime'

export interface CronJobStep {
  /** The jobs that were started by it, or that it was given. */
  owned: readonly Job[]
  context: ControllerContext
}
