import type { WorkQueue } from '@tandem/client'
import type { Logger } from '@tandem/component-base'

export interface WorkersOptions {
  queue: WorkQueue
  /** Keys at once. */
  width: number
  logger: Logger
  /** Milliseconds until the key is due again, if it is. A key that fails is tried again, later each time. */
  handle(key: string): Promise<number | undefined>
}

/** Works on the keys of a queue until it is shut down. */
export async function runWorkers({ queue, width, logger, handle }: WorkersOptions): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      try {
        const again = await handle(key)
        queue.forget(key)
        if (again !== undefined) queue.addAfter(key, again)
      } catch (error) {
        const fields = { key, error }
        if (queue.failures(key) < 5) logger.debug(fields, 'failed, trying again')
        else logger.warn(fields, 'keeps failing')
        queue.addRateLimited(key)
      } finally {
        queue.done(key)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
