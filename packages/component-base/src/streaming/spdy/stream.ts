import { Duplex } from 'node:stream'
import type { SpdyHeaders } from './header-block.ts'

/** What a stream asks of the connection it is part of. */
export interface StreamCarrier {
  send(streamId: number, data: { payload: Buffer; fin: boolean }, sent: (error?: Error | null) => void): void
  reset(streamId: number): void
  /** The reader of a stream keeps up again, or does not. */
  flow(streamId: number, flowing: boolean): void
  closed(streamId: number): void
}

/** A frame this long lets other streams of the connection have their turn, and is far below what peers refuse. */
const maxPayload = 32 * 1024
/** What one stream may leave unread before the whole connection waits for its reader: SPDY in Go has no windows. */
const buffered = 1024 * 1024

/** One stream of a SPDY connection. Ending it sends FIN; the other side may go on sending. */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly #carrier: StreamCarrier
  #peerIsDone = false

  constructor({ id, headers, carrier }: { id: number; headers: SpdyHeaders; carrier: StreamCarrier }) {
    super({ allowHalfOpen: true, readableHighWaterMark: buffered })
    this.id = id
    this.headers = headers
    this.#carrier = carrier
  }

  /** Called by the connection. */
  receive(payload: Buffer, fin: boolean): void {
    if (this.#peerIsDone || this.destroyed) return
    if (payload.length > 0 && !this.push(payload)) this.#carrier.flow(this.id, false)
    if (fin) {
      this.#peerIsDone = true
      this.push(null)
      // A peer that only wanted to say it is done must not keep a stream nobody reads.
      if (this.readableLength === 0) this.resume()
    }
  }

  override _read(): void {
    this.#carrier.flow(this.id, true)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const sendFrom = (offset: number): void => {
      const payload = chunk.subarray(offset, offset + maxPayload)
      const next = offset + payload.length
      this.#carrier.send(
        this.id,
        { payload, fin: false },
        next < chunk.length ? (error) => (error ? done(error) : sendFrom(next)) : done,
      )
    }
    sendFrom(0)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#carrier.send(this.id, { payload: Buffer.alloc(0), fin: true }, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#peerIsDone || !this.writableFinished) this.#carrier.reset(this.id)
    this.#carrier.flow(this.id, true)
    this.#carrier.closed(this.id)
    done(error)
  }

  /** The peer reset the stream. */
  cancel(): void {
    this.#peerIsDone = true
    this.destroy()
  }
}
