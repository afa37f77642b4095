import type { ServerResponse } from 'node:http'
import { badRequest, StatusError } from '@tandem/apimachinery'
import type { Watch } from '../registry/store.ts'
import { Turns } from '../registry/turns.ts'
import { disconnectUnlessClosed } from '../request/disconnect.ts'
import { demanded } from '../request/field-demand.ts'
import { addWarnings } from '../request/respond.ts'
import type { Handler, ResourceRequest } from './handler.ts'
import { joinedEvents } from './joined-events.ts'
import { listRequest } from './list.ts'
import { booleanParameter, integerParameter } from './options.ts'
import { type View, viewOf } from './view.ts'
import { watchOverWebSocket } from './watch-websocket.ts'

/** Spread, so that watches do not all begin anew at once. */
const defaultTimeout = (least: number): number => least * (1 + Math.random())

export const watch: Handler = async (resource) => {
  const view = viewOf(resource)
  const ending = new AbortController()
  const cancel = endAfter(resource, ending)
  try {
    const events = await open(resource, ending)
    if (resource.kube.upgrade) await watchOverWebSocket(resource, events, view, ending)
    else await stream(resource, events, view, ending)
  } finally {
    cancel()
    ending.abort()
  }
}

function open(resource: ResourceRequest, ending: AbortController): Promise<Watch> {
  const { kube, store } = resource
  const { limit: _, ...request } = listRequest(resource)
  return store.watch({
    ...request,
    fieldSelector: withNameInPath(kube.info.name, request.fieldSelector),
    allowWatchBookmarks: booleanParameter(kube, 'allowWatchBookmarks'),
    onInitialized: kube.initialized,
    onDrop: () => ending.abort(),
    signal: ending.signal,
  })
}

/** The old way of watching one object names it in the path. */
function withNameInPath(name: string, fieldSelector: string | undefined): string | undefined {
  if (!name) return fieldSelector
  if (!fieldSelector) return `metadata.name=${name}`
  if (demanded(fieldSelector, 'metadata.name') !== name)
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  return fieldSelector
}

/** Timers of Node fire at once beyond this. */
const maxTimerMs = 2 ** 31 - 1

/** A watch ends when its time is over, when its client leaves or when the server stops. */
function endAfter({ kube, reply, services }: ResourceRequest, ending: AbortController): () => void {
  const seconds = integerParameter(kube, 'timeoutSeconds') || defaultTimeout(services.minRequestTimeout)
  const end = () => ending.abort()
  const cancelTimer = services.clock.after(Math.min(seconds * 1000, maxTimerMs), end)
  reply.raw.once('close', end)
  services.stopping.addEventListener('abort', end, { once: true })
  if (services.stopping.aborted) end()
  return () => {
    cancelTimer()
    services.stopping.removeEventListener('abort', end)
  }
}

async function stream(resource: ResourceRequest, events: Watch, view: View, ending: AbortController): Promise<void> {
  const { reply } = resource
  addWarnings(reply)
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': contentTypeOf(view),
    'cache-control': 'no-cache, private',
  })
  raw.flushHeaders()
  let first = true
  try {
    for await (const batch of events) {
      const turns = new Turns()
      let parts: Uint8Array[] = []
      for (const event of batch) {
        parts.push(view.event(event, { first }))
        first = false
        if (!turns.isOver) continue
        if (!writeAtOnce(raw, joinedEvents(parts))) await drained(raw, ending.signal)
        await turns.next()
        parts = []
      }
      if (parts.length > 0 && !raw.write(joinedEvents(parts))) await drained(raw, ending.signal)
    }
  } catch (error) {
    if (!ending.signal.aborted) raw.write(errorEvent(error))
  }
  raw.end()
  disconnectUnlessClosed(reply, resource.services.clock)
}

/** On its way before others of the same event are written: left to itself, a response holds what is written until all of them are. */
function writeAtOnce(raw: ServerResponse, bytes: Uint8Array): boolean {
  raw.cork()
  const hasRoom = raw.write(bytes)
  raw.uncork()
  return hasRoom
}

const contentTypeOf = ({ accepted: { mediaType } }: View): string =>
  mediaType === 'application/json' ? mediaType : `${mediaType};stream=watch`

/** What breaks a watch after it began can only be told as an event. */
function errorEvent(error: unknown): Uint8Array {
  const status =
    error instanceof StatusError
      ? error.status
      : {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: String(error),
          reason: 'InternalError',
          code: 500,
        }
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
}

type Writable = Record<'on' | 'off', (event: 'drain', listener: () => void) => unknown>

const drained = (raw: Writable, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      raw.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    raw.on('drain', done)
    signal.addEventListener('abort', done)
  })
