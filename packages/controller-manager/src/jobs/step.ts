import type { ControllerContext } from '@tandem/controller-runtime'
import type { JobMemory } from './memory.ts'

export interface JobStep {
  context: ControllerContext
  memory: JobMemory
}
