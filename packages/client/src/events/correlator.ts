import type { Event, ObjectReference } from '@tandem/api/core/v1/types'
import type { Clock } from '@tandem/component-base'

/** One happening, before it is known whether it is news. */
export interface Occurrence {
  involvedObject: ObjectReference
  type: string
  reason: string
  message: string
}

/** What to write: a new event, one already written that happened again, or nothing since its source says too much. */
export type Correlation =
  | { kind: 'create'; message: string; count: number; key: string }
  | { kind: 'update'; message: string; count: number; key: string; existing: Event }
  | { kind: 'drop' }

const similarLimit = 10
const similarWindowMs = 600_000
const burst = 25
const refillMs = 300_000
const remembered = 4096

interface Similar {
  messages: Set<string>
  lastAt: number
}

interface Bucket {
  tokens: number
  at: number
}

/** Upstream's rules: the same event counts up; ten that differ in message alone become one; a source gets 25 of each type an object, then one in five minutes. */
export class EventCorrelator {
  readonly #clock: Clock
  readonly #written = new Map<string, Event>()
  readonly #similar = new Map<string, Similar>()
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  correlate(occurrence: Occurrence): Correlation {
    const { similar, combined } = this.#aggregate(occurrence)
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message
    const { fieldPath = '' } = occurrence.involvedObject
    const key = combined ? similar : [similar, fieldPath, message].join('|')
    const existing = this.#written.get(key)
    if (!this.#allow([objectKey(occurrence.involvedObject), occurrence.type].join('|'))) return { kind: 'drop' }
    if (!existing) return { kind: 'create', message, count: 1, key }
    return { kind: 'update', message, count: (existing.count ?? 1) + 1, key, existing }
  }

  /** Remembers what the server answered, for the next time it happens. */
  written(key: string, event: Event): void {
    keep(this.#written, key, event)
  }

  forget(key: string): void {
    this.#written.delete(key)
  }

  #aggregate({ involvedObject, type, reason, message }: Occurrence): { similar: string; combined: boolean } {
    const similar = [objectKey(involvedObject), type, reason].join('|')
    const now = this.#clock.now()
    let entry = this.#similar.get(similar)
    if (!entry || now - entry.lastAt > similarWindowMs) entry = { messages: new Set(), lastAt: now }
    entry.lastAt = now
    entry.messages.add(message)
    if (entry.messages.size > similarLimit) {
      // The set is only counted: dropping its oldest keeps it from growing with a source that never repeats itself.
      const [oldest] = entry.messages
      if (oldest !== undefined) entry.messages.delete(oldest)
      keep(this.#similar, similar, entry)
      return { similar, combined: true }
    }
    keep(this.#similar, similar, entry)
    return { similar, combined: entry.messages.size >= similarLimit }
  }

  #allow(source: string): boolean {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(source) ?? { tokens: burst, at: now }
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs)
    bucket.at = now
    keep(this.#buckets, source, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
}

/** Whatever part of it is meant: many containers are no more news than one. */
const objectKey = ({ kind, namespace, name, uid, apiVersion }: ObjectReference): string =>
  [kind, namespace, name, uid, apiVersion].join('/')

/** Puts an entry last, and lets the one go that was least lately used. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
