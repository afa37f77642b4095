import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { Turns, turn } from '../registry/turns.ts'
import { compressionLevel, compressionThreshold, takesGzip } from '../request/compression.ts'
import { addWarnings } from '../request/respond.ts'
import type { ResourceRequest } from './handler.ts'

/** Large enough that few writes carry a list, each of which waits for the client; small enough that none takes longer than a millisecond or two. */
const chunkBytes = 512 << 10

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

/**
 * Parts put together until they are worth a write or their maker's time is over. All chunks lie in the same memory: each is gone once the
 * next is asked for.
 */
function* chunksOf(parts: Iterable<Uint8Array>, turns: Turns): Generator<Uint8Array> {
  const room = Buffer.allocUnsafeSlow(chunkBytes)
  let used = 0
  for (const part of parts) {
    let copied = 0
    while (used + part.byteLength - copied >= chunkBytes) {
      const end = copied + chunkBytes - used
      room.set(part.subarray(copied, end), used)
      yield room
      used = 0
      copied = end
    }
    room.set(copied === 0 ? part : part.subarray(copied), used)
    used += part.byteLength - copied
    if (!turns.isOver) continue
    yield room.subarray(0, used)
    used = 0
  }
  yield room.subarray(0, used)
}

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

  /** Resolves when the chunk has been taken, or the client has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#held) {
      this.#held.push(Buffer.from(chunk))
      if (lengthOf(this.#held) <= compressionThreshold) return
    }
    const out = this.#out ?? this.#begin({ compressed: this.#held !== undefined })
    const written = this.#held ? Buffer.concat(this.#held) : chunk
    this.#held = undefined
    await takenOrGone(out, written, this.#raw)
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

/** A stream that breaks tells whoever wrote to it; one that is destroyed while it waits for room may not. */
const takenOrGone = (out: Writable, chunk: Uint8Array, raw: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      raw.off('close', done)
      resolve()
    }
    raw.on('close', done)
    out.write(chunk, done)
  })

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
