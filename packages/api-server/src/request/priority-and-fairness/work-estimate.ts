import type { RequestContext } from '../context.ts'

/** How much of the server a request takes. */
export interface WorkEstimate {
  /** Seats while it is served. */
  readonly seats: number
  /** Seats for some time after its answer, while those who watch are told. */
  readonly finalSeats: number
  /** Milliseconds. */
  readonly additionalLatency: number
}

export interface ObjectStatistics {
  count: number
  bytes: number
}

export interface WorkEstimation {
  statistics(apiGroup: string, apiVersion: string, resource: string): ObjectStatistics | undefined
  /** How many watches a write can concern. */
  interested(info: RequestContext['info']): number
}

const bytesPerSeat = 100_000
const mostListBytes = 1_000_000
const mostListSeats = 100
const mostMutatingSeats = 10
const watchesPerSeat = 10
const latencyPerEvent = 5
const mutatingVerbs = new Set(['create', 'update', 'patch', 'delete'])

export const oneSeat: WorkEstimate = Object.freeze({ seats: 1, finalSeats: 0, additionalLatency: 0 })

export const widest = ({ seats, finalSeats }: WorkEstimate): number => Math.max(seats, finalSeats)

/** `maxSeats` is what the request's level allows; undefined where it does not queue. */
export function estimateWork(
  kube: RequestContext,
  maxSeats: number | undefined,
  estimation: WorkEstimation,
): WorkEstimate {
  const { info } = kube
  if (!info.isResourceRequest) return oneSeat
  if (info.verb === 'list' || info.verb === 'watch') return listEstimate(kube, maxSeats, estimation)
  return mutatingVerbs.has(info.verb) ? mutatingEstimate(kube, maxSeats, estimation) : oneSeat
}

/** A list is as wide as its bytes: so is a watch that begins with one. */
function listEstimate(
  kube: RequestContext,
  maxSeats: number | undefined,
  { statistics }: WorkEstimation,
): WorkEstimate {
  const { info } = kube
  if (info.verb === 'watch' && !beginsWithList(kube)) return oneSeat
  const found = statistics(info.apiGroup, info.apiVersion, info.resource)
  if (!found || found.count === 0) return oneSeat
  const limit = Number(kube.parameter('limit') ?? 0)
  const listed = info.name !== '' ? 1 : limit > 0 ? Math.min(limit, found.count) : found.count
  const bytes = Math.min(listed * (found.bytes / found.count), mostListBytes)
  const seats = Math.min(Math.ceil(bytes / bytesPerSeat), maxSeats ?? mostListSeats, mostListSeats)
  return seats > 1 ? { seats, finalSeats: 0, additionalLatency: 0 } : oneSeat
}

function beginsWithList(kube: RequestContext): boolean {
  const resourceVersion = kube.parameter('resourceVersion')
  return resourceVersion === undefined || resourceVersion === '0' || kube.parameter('sendInitialEvents') === 'true'
}

/** A write that many watch keeps seats for a while after it: narrower and longer where they would be too many. */
function mutatingEstimate(
  { info }: RequestContext,
  maxSeats: number | undefined,
  { interested }: WorkEstimation,
): WorkEstimate {
  if (info.resource === 'serviceaccounts' && info.subresource === 'token') return oneSeat
  const watches = interested(info)
  if (watches < watchesPerSeat) return oneSeat
  const wanted = Math.ceil(watches / watchesPerSeat)
  const finalSeats = Math.min(wanted, maxSeats ?? mostMutatingSeats, mostMutatingSeats)
  return { seats: 1, finalSeats, additionalLatency: (wanted * latencyPerEvent) / finalSeats }
}
