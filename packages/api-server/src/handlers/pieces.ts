import { setImmediate } from 'node:timers/promises'
import { addWarnings } from '../request/respond.ts'
import type { ResourceRequest } from './handler.ts'

/** Writes a long list as it goes, a piece at a time, so that neither memory nor other requests pay for its length. */
export async function sendInPieces({ reply }: ResourceRequest, pieces: Iterable<Uint8Array>): Promise<void> {
  addWarnings(reply)
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
  })
  const gone = once(raw, 'close')
  for (const piece of pieces) {
    if (raw.write(piece)) await setImmediate()
    else await Promise.race([once(raw, 'drain'), gone])
    if (raw.destroyed) return
  }
  raw.end()
}

type Emitter = { once(event: 'drain' | 'close', listener: () => void): unknown }
const once = (raw: Emitter, event: 'drain' | 'close'): Promise<void> =>
  new Promise((resolve) => raw.once(event, resolve))
