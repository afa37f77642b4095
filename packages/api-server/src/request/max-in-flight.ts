import { mastersGroup } from '../authentication/user.ts'
import { type Hook, whenEnded } from './context.ts'
import { isMutating, type RequestCounts } from './request-counts.ts'
import { sendTooManyRequests } from './too-many-requests.ts'

export interface MaxInFlightOptions {
  maxReadOnly: number
  maxMutating: number
  counts: RequestCounts
}

/** Without priority and fairness: two numbers bound how many requests are under way. 0 is no bound. */
export function maxInFlight({ maxReadOnly, maxMutating, counts }: MaxInFlightOptions): Hook {
  const isFull = (verb: string): boolean => {
    const limit = isMutating(verb) ? maxMutating : maxReadOnly
    return limit > 0 && counts.executing[isMutating(verb) ? 'mutating' : 'readOnly'] >= limit
  }
  return (request, reply, done) => {
    const { info, longRunning, user } = request.kube
    if (longRunning) return done()
    if (isFull(info.verb) && !user.groups.includes(mastersGroup)) return sendTooManyRequests(reply, 1)
    counts.count('executing', info.verb, 1)
    whenEnded(request, reply, () => counts.count('executing', info.verb, -1))
    done()
  }
}
