import { events } from '@tandem/api/core/v1/event'
import type { Event, ObjectReference } from '@tandem/api/core/v1/types'
import {
  isAlreadyExists,
  isForbidden,
  isNotFound,
  isStatusError,
  type KubernetesObject,
  type New,
} from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Client } from '../client.ts'
import { EventCorrelator } from './correlator.ts'
import type { EventRecorder, RecordedEvent } from './recorder.ts'

export interface EventRecorderOptions {
  client: Client
  clock: Clock
  logger: Logger
  /** `replicaset-controller`, `kubelet`: the From column of `kubectl describe`. */
  component: string
  /** The node it runs on, where that matters. */
  host?: string
}

const maxQueued = 10_000
const maxMessageLength = 1024
/** Events of one object are written one after the other, so that a repeat finds what it repeats; those of others need not wait. */
const lanes = 8
const maxTries = 12
const pauseMs = 10_000

export const createEventRecorder = (options: EventRecorderOptions): EventRecorder => new Recorder(options)

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #correlator: EventCorrelator
  readonly #lanes = Array.from({ length: lanes }, () => Promise.resolve())
  #queued = 0
  /** Aborted while somebody waits: what cannot be written then is given up. */
  #hurry = new AbortController()

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#correlator = new EventCorrelator(options.clock)
  }

  record(event: RecordedEvent): void {
    if (this.#queued >= maxQueued) return
    this.#queued++
    const at = this.#options.clock.now()
    const involvedObject = referenceTo(event)
    const lane = laneOf(involvedObject)
    this.#lanes[lane] = (this.#lanes[lane] ?? Promise.resolve())
      .then(() => this.#write(event, involvedObject, at))
      .catch((error: unknown) =>
        this.#options.logger.warn({ error, reason: event.reason }, 'event could not be written'),
      )
      .finally(() => {
        this.#queued--
      })
  }

  async flush(): Promise<void> {
    this.#hurry.abort()
    await Promise.all(this.#lanes)
    this.#hurry = new AbortController()
  }

  async #write(recorded: RecordedEvent, involvedObject: ObjectReference, at: number): Promise<void> {
    const { type, reason } = recorded
    const message = recorded.message.slice(0, maxMessageLength)
    const correlation = this.#correlator.correlate({ involvedObject, type, reason, message })
    if (correlation.kind === 'drop') return
    const write = () =>
      correlation.kind === 'update'
        ? this.#update(correlation, at)
        : this.#create(recorded, { involvedObject, message: correlation.message, at })
    const event = await this.#untilAnswered(write)
    if (event) this.#correlator.written(correlation.key, event)
  }

  /** Tries again as long as the server cannot be reached. What it refuses is given up. */
  async #untilAnswered(write: () => Promise<Event>): Promise<Event | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await write()
      } catch (error) {
        // A namespace that is being deleted takes no events, and nobody will miss them.
        if (isForbidden(error) || isAlreadyExists(error)) return undefined
        const { signal } = this.#hurry
        if (isStatusError(error) || tries === maxTries || signal.aborted) throw error
        // Clients do not all come back at once.
        const pause = tries === 1 ? pauseMs * Math.random() : pauseMs
        await this.#options.clock.sleep(pause, signal).catch(() => undefined)
      }
    }
  }

  async #update(
    correlation: { existing: Event; message: string; count: number; key: string },
    at: number,
  ): Promise<Event> {
    const { existing, message, count } = correlation
    try {
      return await this.#options.client.patch(events, existing.metadata, {
        type: 'strategic',
        body: { count, message, lastTimestamp: seconds(at) },
      })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const { involvedObject, type = 'Normal', reason = '' } = existing
      const recorded = { object: involvedObject, type: type as RecordedEvent['type'], reason, message }
      return this.#create(recorded, { involvedObject, message, at })
    }
  }

  #create(
    recorded: RecordedEvent,
    { involvedObject, message, at }: { involvedObject: ObjectReference; message: string; at: number },
  ): Promise<Event> {
    const { client, component, host } = this.#options
    const { type, reason, action, annotations } = recorded
    const namespace = involvedObject.namespace || 'default'
    const event: New<Event> = {
      metadata: { name: eventName(involvedObject.name ?? '', at), namespace, ...(annotations && { annotations }) },
      involvedObject,
      reason,
      message,
      type,
      source: { component, ...(host && { host }) },
      firstTimestamp: seconds(at),
      lastTimestamp: seconds(at),
      count: 1,
      reportingComponent: component,
      ...(host && { reportingInstance: host }),
      ...(action && { action }),
    }
    return client.create(events, event)
  }
}

function laneOf({ namespace = '', name = '' }: ObjectReference): number {
  let sum = 0
  for (const character of namespace + name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521
  return sum % lanes
}

let sequence = 0

/** Unique in a process: the time in nanoseconds, as upstream names its events. */
function eventName(name: string, at: number): string {
  sequence = (sequence + 1) % 1_000_000
  return `${name}.${(BigInt(at) * 1_000_000n + BigInt(sequence)).toString(16)}`
}

const seconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

function referenceTo({ object, fieldPath }: RecordedEvent): ObjectReference {
  const reference = 'metadata' in object ? ofObject(object) : object
  return fieldPath ? { ...reference, fieldPath } : reference
}

function ofObject({ apiVersion = '', kind = '', metadata }: KubernetesObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata
  return { kind, ...(namespace && { namespace }), name, uid, apiVersion, resourceVersion }
}
