import type { FreeController } from '@tandem/controller-runtime'
import { Collector } from '../garbage-collector/collector.ts'
import { Monitors } from '../garbage-collector/monitors.ts'
import { eventRule } from '../permissions.ts'

/** How often it is looked for kinds that came or went. */
const refreshMs = 30_000

/** Deletes what has lost its owners, whatever its kind. */
export const controller: FreeController = {
  name: 'garbage-collector-controller',
  role: 'generic-garbage-collector',
  permissions: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch', 'patch', 'update', 'delete'] },
    eventRule,
  ],
  async run(context) {
    const { clock, logger, signal } = context
    const collector = new Collector(context)
    const monitors = new Monitors(context, collector)
    // The graph is whole before anything is judged by it.
    await monitors.refresh()
    const running = collector.run(signal)
    while (!signal.aborted) {
      await clock.sleep(refreshMs, signal).catch(() => undefined)
      if (signal.aborted) break
      await monitors.refresh().catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ error }, 'kinds could not be discovered')
      })
    }
    await running
    await monitors.stop()
  },
}
