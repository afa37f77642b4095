import { Histogram } from '../histogram.ts'

const durationBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const lengthBounds = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
const seatBounds = [1, 2, 4, 8, 16, 32, 64, 100]
const watchBounds = [0, 1, 10, 100, 1000, 10_000]

export type RejectReason = 'queue-full' | 'concurrency-limit' | 'time-out'

/** What is known of one schema's requests in one level. */
export class FlowStatistics {
  readonly level: string
  readonly schema: string
  dispatched = 0
  readonly rejected: Record<RejectReason, number> = { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 0 }
  waiting = 0
  waitingSeats = 0
  executing = 0
  executingSeats = 0
  noAccommodation = 0
  readonly queueLength = new Histogram(lengthBounds)
  readonly waitedThenExecuted = new Histogram(durationBounds)
  readonly waitedInVain = new Histogram(durationBounds)
  readonly execution = new Histogram(durationBounds)
  readonly watchInitialization = new Histogram(durationBounds)
  readonly estimatedSeats = new Histogram(seatBounds)
  readonly watchCounts = new Histogram(watchBounds)

  constructor(level: string, schema: string) {
    this.level = level
    this.schema = schema
  }
}
