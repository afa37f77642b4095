import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createUnzip } from 'node:zlib'
import { linkThroughProxy, type PagePlace, rewriteLinks } from './page-links.ts'

/** Pages are small; what is larger goes through as it is. */
const largestPage = 4 * 1024 * 1024

/** The body of an HTML page with its links led through the proxy; undefined for all else, which is not touched. */
export function pageBody(answer: IncomingMessage, place: PagePlace): AsyncIterable<Buffer | string> | undefined {
  const type = answer.headers['content-type']?.split(';', 1)[0]?.trim()
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (type !== 'text/html') return undefined
  if (encoding === 'gzip' || encoding === 'deflate')
    return rewritten(
      pipeline(answer, createUnzip(), () => {}),
      place,
    )
  return encoding === 'identity' ? rewritten(answer, place) : undefined
}

async function* rewritten(body: Readable, place: PagePlace): AsyncGenerator<Buffer | string> {
  let held: Buffer[] | undefined = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (!held) {
      yield chunk
      continue
    }
    held.push(chunk)
    size += chunk.length
    if (size <= largestPage) continue
    yield Buffer.concat(held)
    held = undefined
  }
  // One byte a character: what is no UTF-8 stays what it was.
  if (held)
    yield Buffer.from(
      rewriteLinks(Buffer.concat(held).toString('latin1'), (link) => linkThroughProxy(link, place)),
      'latin1',
    )
}
