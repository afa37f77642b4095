import { setImmediate } from 'node:timers/promises'
import type { StoredList } from '../registry/store.ts'
import { addWarnings } from '../request/respond.ts'
import type { ResourceRequest } from './handler.ts'
import { listHead } from './view.ts'

const pieceSize = 512 * 1024

/** Writes a long list as it goes, a piece at a time, so that neither memory nor other requests pay for its length. */
export async function sendInPieces({ reply, definition }: ResourceRequest, list: StoredList): Promise<void> {
  addWarnings(reply)
  reply.hijack()
  const { raw } = reply
  const head = listHead(definition, list)
  let length = Buffer.byteLength(head) + 3 + Math.max(0, list.entries.length - 1)
  for (const { json } of list.entries) length += json.byteLength
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
    'content-length': length,
  })
  const gone = closed(raw)
  let pieces: Uint8Array[] = [Buffer.from(head)]
  let size = 0
  for (const [i, { json }] of list.entries.entries()) {
    if (i > 0) pieces.push(comma)
    pieces.push(json)
    size += json.byteLength
    if (size < pieceSize) continue
    if (!raw.write(Buffer.concat(pieces))) await Promise.race([drained(raw), gone])
    else await setImmediate()
    if (raw.destroyed) return
    pieces = []
    size = 0
  }
  pieces.push(end)
  raw.end(Buffer.concat(pieces))
}

const comma = Buffer.from(',')
const end = Buffer.from(']}\n')

type Events = { once(event: 'drain' | 'close', listener: () => void): unknown }
const drained = (raw: Events): Promise<void> => new Promise((resolve) => raw.once('drain', resolve))
const closed = (raw: Events): Promise<void> => new Promise((resolve) => raw.once('close', resolve))
