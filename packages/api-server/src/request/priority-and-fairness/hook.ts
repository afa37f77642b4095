import { type Hook, hasLeft, whenEnded } from '../context.ts'
import { isMutating } from '../request-counts.ts'
import type { Dispatcher } from './dispatcher.ts'
import { DroppedRequests } from './dropped-requests.ts'
import { type Gate, Passage } from './passage.ts'
import { WatchTracker } from './watch-tracker.ts'
import { estimateWork, type WorkEstimation } from './work-estimate.ts'

export interface PriorityAndFairnessOptions extends Pick<Gate, 'clock' | 'counts' | 'requestTimeout'> {
  dispatcher: Dispatcher
  statistics: WorkEstimation['statistics']
}

/**
 * Lets each request pass when its level has seats for it. A watch holds seats until its client was told of all there was; other requests
 * that are long-running need none.
 */
export function priorityAndFairness({ dispatcher, statistics, ...rest }: PriorityAndFairnessOptions): Hook {
  const watches = new WatchTracker()
  const gate: Gate = { ...rest, watches, dropped: new DroppedRequests() }
  const estimation = { statistics, interested: watches.interested.bind(watches) }
  return (request, reply, done) => {
    const { kube } = request
    const isWatch = kube.info.verb === 'watch'
    if (kube.longRunning && !isWatch) return done()
    // Nobody is there to be answered, and nothing would tell when the request is over.
    if (hasLeft(reply)) return
    const found = dispatcher.classify(kube.user, kube.info)
    reply.header('x-kubernetes-pf-flowschema-uid', found.schema.uid)
    reply.header('x-kubernetes-pf-prioritylevel-uid', found.level.uid)
    if (isMutating(kube.info.verb)) found.statistics.watchCounts.observe(watches.interested(kube.info))
    const estimate = estimateWork(kube, found.level.maxSeats, estimation)
    const passage = new Passage(gate, found, estimate, { request, reply, done })
    if (isWatch) kube.initialized = () => passage.release()
    whenEnded(request, reply, () => passage.end())
    passage.enter()
  }
}
