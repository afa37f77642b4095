import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { Turns, turn } from '../registry/turns.ts'
import { compressionLevel, compressionThreshold, takesGzip } from '../request/compression.ts'
import { addWarnings } from '../request/respond.ts'
import type { ResourceRequest } from './handler.ts'

/** Large enough that few writes carry a list, each of which waits for the client; small enough that none takes longer than a millisecond or two. */
const chunkBytes = 1 << 20

/**
 * Writes a long list as it is made, a chunk at a time and as fast as the client takes it, so that neither memory nor other requests pay
 * for its length.
 */
export async function sendList(
  resource: ResourceRequest,
  mediaType: string,
  parts: Iterable<Uint8Array>,
): Promise<void> {
  await turn()
  const turns = new Turns()
  const chunks = chunksOf(parts, turns)
  const body = new Body(resource, mediaType)
  try {
    for (const chunk of chunks) {
      if (body.isGone) return
      if (chunk.byteLength > 0) await body.write(chunk)
      await turns.next()
    }
    body.end()
  } catch (error) {
    // A list that was begun cannot become an error any more: what is missing must show as a connection that broke.
    resource.services.logger.error({ err: error, path: resource.kube.info.path }, 'list failed')
    body.destroy()
  }
}

/** Parts put together until they are worth a write or their maker's time is over. */
function* chunksOf(parts: Iterable<Uint8Array>, turns: Turns): Generator<Uint8Array> {
  let chunk: Uint8Array[] = []
  let size = 0
  for (const part of parts) {
    if (part.byteLength > 0) chunk.push(part)
    size += part.byteLength
    if (size < chunkBytes && !turns.isOver) continue
    yield joined(chunk)
    chunk = []
    size = 0
  }
  yield joined(chunk)
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)

/** The answer's stream: compressed where the client takes that and the body is long enough to be worth it. */
class Body {
  readonly #reply: ResourceRequest['reply']
  readonly #mediaType: string
  readonly #raw: Writable
  #held: Uint8Array[] | undefined
  #out: Writable | undefined

  constructor({ reply, request }: ResourceRequest, mediaType: string) {
    this.#reply = reply
    this.#mediaType = mediaType
    this.#raw = reply.raw as unknown as Writable
    if (takesGzip(request.headers)) this.#held = []
    addWarnings(reply)
    reply.hijack()
  }

  get isGone(): boolean {
    return this.#raw.destroyed
  }

  /** Resolves when the client wants more, or has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#held) {
      this.#held.push(chunk)
      if (lengthOf(this.#held) <= compressionThreshold) return
    }
    const out = this.#out ?? this.#begin({ compressed: this.#held !== undefined })
    const written = this.#held ? Buffer.concat(this.#held) : chunk
    this.#held = undefined
    if (out.write(written) || this.isGone) return
    await drainedOrGone(out, this.#raw)
  }

  end(): void {
    const held = this.#held
    const out = this.#out ?? this.#begin({ compressed: false })
    if (held) out.write(Buffer.concat(held))
    out.end()
  }

  destroy(): void {
    this.#out?.destroy()
    this.#raw.destroy()
  }

  #begin({ compressed }: { compressed: boolean }): Writable {
    const head = this.#reply.raw
    head.writeHead(200, {
      ...(this.#reply.getHeaders() as Record<string, string>),
      'content-type': this.#mediaType,
      'cache-control': 'no-cache, private',
      ...(compressed && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
    })
    this.#out = compressed ? this.#compressor() : this.#raw
    return this.#out
  }

  #compressor(): Writable {
    const gzip = createGzip({ level: compressionLevel })
    gzip.pipe(this.#raw)
    this.#raw.once('close', () => gzip.destroy())
    return gzip
  }
}

const drainedOrGone = (out: Writable, raw: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      out.off('drain', done)
      raw.off('close', done)
      resolve()
    }
    out.on('drain', done)
    raw.on('close', done)
  })

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
