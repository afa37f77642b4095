import type { KubernetesObject } from '@tandem/apimachinery'
import { type Client, createInformerFactory, type InformerFactory, withoutManagedFields } from '@tandem/client'
import { createEventRecorder } from '@tandem/client/events/event-recorder'
import { type LeaderElectionOptions, runLeaderElection } from '@tandem/client/leader-election/leader-election'
import type { ComponentContext, Logger, RunningComponent } from '@tandem/component-base'
import type { Controller, FreeController } from './controller.ts'
import type { ControllerMetrics } from './controller-metrics.ts'
import { runController, type SharedContext } from './run-controller.ts'

export type AnyController = Controller<never> | FreeController

export interface ManagerOptions {
  name: string
  /** For the manager's own: shared informers, leader election. */
  client: Client
  /** A client under an identity of its own for each controller, or the same for all. */
  clientFor(controller: AnyController): Client
  controllers: readonly AnyController[]
  settings?: Readonly<Record<string, string | undefined>>
  /** Keys at once, by controller. */
  concurrency?: Readonly<Record<string, number | undefined>>
  metrics?: ControllerMetrics | undefined
  /** Controllers run in one process at a time when given. */
  leaderElection?:
    | (Pick<LeaderElectionOptions, 'identity' | 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'> & {
        namespace: string
        name: string
      })
    | undefined
}

/** Runs controllers on shared informers. Ready at once: a candidate that waits for its turn is as healthy as the leader. */
export function startManager(options: ManagerOptions, { logger, clock }: ComponentContext): RunningComponent {
  const stopped = new AbortController()
  const { client } = options

  const lead = async (signal: AbortSignal): Promise<void> => {
    const informers = createInformerFactory({ client, clock, logger, transform: withoutManagedFields })
    try {
      await runAll(options, { informers, clock, logger, signal })
    } finally {
      await informers.stop()
    }
  }

  const { leaderElection } = options
  const running = leaderElection
    ? runLeaderElection({
        client,
        clock,
        logger,
        ...leaderElection,
        lease: { namespace: leaderElection.namespace, name: leaderElection.name },
        signal: stopped.signal,
        lead,
        onNewLeader: (identity) => logger.info({ identity }, 'new leader elected'),
      })
    : lead(stopped.signal)
  const done = running.finally(() => stopped.abort())
  done.catch(() => undefined)
  return {
    name: options.name,
    done,
    async stop() {
      stopped.abort()
      await done.catch(() => undefined)
    },
  }
}

interface Shared {
  informers: InformerFactory
  clock: ComponentContext['clock']
  logger: Logger
  signal: AbortSignal
}

async function runAll(
  { controllers, clientFor, settings = {}, concurrency = {}, metrics }: ManagerOptions,
  shared: Shared,
): Promise<void> {
  const { informers, clock, signal } = shared
  const runs = controllers.map(async (controller) => {
    const logger = shared.logger.child({ controller: controller.name })
    const client = clientFor(controller)
    const recorder = createEventRecorder({
      client,
      clock,
      logger,
      component: controller.eventSource ?? controller.name,
    })
    const context: SharedContext = {
      client,
      informers,
      informer: (resource) => informers.informer(resource),
      recorder,
      clock,
      logger,
      signal,
      settings,
    }
    if ('reconcile' in controller) {
      await runController<KubernetesObject>(controller as unknown as Controller, context, {
        concurrency: concurrency[controller.name],
        metrics,
      })
    } else {
      await runFree(controller, context)
    }
    await recorder.flush()
  })
  informers.start()
  await Promise.all(runs)
}

/** A controller that fails is started again a little later: its fault is not the others'. */
async function runFree(controller: FreeController, context: SharedContext): Promise<void> {
  const { signal, clock, logger } = context
  while (!signal.aborted) {
    try {
      await controller.run({ ...context, enqueue: () => undefined })
      if (!signal.aborted) return
    } catch (error) {
      if (signal.aborted) return
      logger.error({ error }, 'controller failed, starting it again')
      await clock.sleep(1000, signal).catch(() => undefined)
    }
  }
}
