import type { Clock } from '@tandem/component-base'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { FollowOptions } from '../follow.ts'
import type { ApiServerOptions } from '../options.ts'
import type { Resources } from '../resources.ts'
import type { RouteHandler } from '../routes/routes.ts'
import type { Hook } from './context.ts'
import { maxInFlight } from './max-in-flight.ts'
import { followConfiguration } from './priority-and-fairness/configuration.ts'
import { debugHandlers } from './priority-and-fairness/debug.ts'
import { Dispatcher } from './priority-and-fairness/dispatcher.ts'
import { priorityAndFairness } from './priority-and-fairness/hook.ts'
import { describeDispatcher } from './priority-and-fairness/metrics.ts'
import type { RequestCounts } from './request-counts.ts'

export interface Limit {
  hook: Hook
  /** Paths under which to look in. */
  routes: Readonly<Record<string, RouteHandler>>
  /** Reads what decisions rest on, and keeps it current. */
  start(options: FollowOptions): Promise<void>
}

export interface LimitDependencies {
  clock: Clock
  resources: Resources
  metrics: Metrics
  counts: RequestCounts
}

/** How the server is kept from taking on more than it can do. */
export function createLimit(
  options: ApiServerOptions,
  { clock, resources, metrics, counts }: LimitDependencies,
): Limit {
  const { maxRequestsInflight = 400, maxMutatingRequestsInflight = 200, requestTimeout = 60 } = options
  if (options.enablePriorityAndFairness === false)
    return {
      hook: maxInFlight({ maxReadOnly: maxRequestsInflight, maxMutating: maxMutatingRequestsInflight, counts }),
      routes: {},
      start: async () => undefined,
    }
  const dispatcher = new Dispatcher({ seats: maxRequestsInflight + maxMutatingRequestsInflight, clock })
  describeDispatcher(metrics, dispatcher, counts)
  return {
    hook: priorityAndFairness({
      dispatcher,
      clock,
      counts,
      requestTimeout: requestTimeout * 1000,
      statistics: (group, version, resource) => resources.find(group, version, resource)?.store?.statistics(),
    }),
    routes: debugHandlers(dispatcher, (monotonic) => new Date(clock.now() - clock.monotonic() + monotonic)),
    start: (following) => followConfiguration(dispatcher, resources, following),
  }
}
