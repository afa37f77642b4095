import { events } from '@tandem/api/core/v1/event'
import type { Event, ObjectReference } from '@tandem/api/core/v1/types'
import { isAlreadyExists, isForbidden, isNotFound, type KubernetesObject, type New } from '@tandem/apimachinery'
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

const maxQueued = 1000
const maxMessageLength = 1024

export const createEventRecorder = (options: EventRecorderOptions): EventRecorder => new Recorder(options)

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #correlator: EventCorrelator
  #queued = 0
  /** Events are written one after the other, so that a repeat finds the event that it repeats. */
  #tail: Promise<void> = Promise.resolve()

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#correlator = new EventCorrelator(options.clock)
  }

  record(event: RecordedEvent): void {
    if (this.#queued >= maxQueued) return
    this.#queued++
    const at = this.#options.clock.now()
    this.#tail = this.#tail
      .then(() => this.#write(event, at))
      .catch((error: unknown) =>
        this.#options.logger.warn({ error, reason: event.reason }, 'event could not be written'),
      )
      .finally(() => {
        this.#queued--
      })
  }

  flush(): Promise<void> {
    return this.#tail
  }

  async #write(recorded: RecordedEvent, at: number): Promise<void> {
    const involvedObject = referenceTo(recorded)
    const { type, reason } = recorded
    const message = recorded.message.slice(0, maxMessageLength)
    const correlation = this.#correlator.correlate({ involvedObject, type, reason, message })
    if (correlation.kind === 'drop') return
    try {
      const event =
        correlation.kind === 'update'
          ? await this.#update(correlation, at)
          : await this.#create(recorded, { involvedObject, message: correlation.message, at })
      this.#correlator.written(correlation.key, event)
    } catch (error) {
      // A namespace that is being deleted takes no events, and nobody will miss them.
      if (isForbidden(error) || isAlreadyExists(error)) return
      throw error
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
