import type { Duplex } from 'node:stream'
import { FrameReader, printFrame, type SpdyFrame } from './frame.ts'
import { HeaderReader, HeaderWriter, type SpdyHeaders } from './header-block.ts'
import { SpdyStream, type StreamCarrier } from './stream.ts'

const cancelled = 5

export interface SpdyConnectionOptions {
  /** Servers answer with even ids and are opened streams to; clients open odd ones. */
  role: 'client' | 'server'
  /** A stream the peer opened. It is already accepted. */
  onStream?(stream: SpdyStream): void
}

/** Many streams over one connection, spoken as Go's spdystream does: no windows, so back pressure is that of the connection. */
export class SpdyConnection {
  /** Resolves when the connection is no more, for whatever reason. */
  readonly closed: Promise<void>
  readonly #transport: Duplex
  readonly #options: SpdyConnectionOptions
  readonly #streams = new Map<number, SpdyStream>()
  readonly #slowReaders = new Set<number>()
  readonly #frames = new FrameReader()
  readonly #headerReader = new HeaderReader()
  readonly #headerWriter = new HeaderWriter()
  readonly #carrier: StreamCarrier
  #nextId: number

  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    this.#transport = transport
    this.#options = options
    this.#nextId = options.role === 'client' ? 1 : 2
    this.#carrier = {
      send: (streamId, data, sent) => {
        if (transport.destroyed || transport.writableEnded) sent(new Error('SPDY connection is closed'))
        else transport.write(printFrame({ type: 'data', streamId, ...data }), sent)
      },
      reset: (streamId) => this.#write({ type: 'reset', streamId, status: cancelled }),
      flow: (streamId, flowing) => this.#flow(streamId, flowing),
      closed: (streamId) => void this.#streams.delete(streamId),
    }
    this.closed = new Promise((resolve) => transport.once('close', resolve))
    transport.on('data', (chunk: Buffer) => this.#receive(chunk))
    transport.once('error', () => transport.destroy())
    transport.once('end', () => transport.end())
    transport.once('close', () => {
      for (const stream of this.#streams.values()) stream.cancel()
    })
  }

  open(headers: SpdyHeaders): SpdyStream {
    const id = this.#nextId
    this.#nextId += 2
    const stream = this.#add(id, headers)
    this.#write({ type: 'synStream', streamId: id, fin: false, block: this.#headerWriter.write(headers) })
    return stream
  }

  /** Lets what was written go out, then ends the connection. */
  close(): void {
    if (this.#transport.destroyed || this.#transport.writableEnded) return
    this.#write({ type: 'goAway', lastStreamId: 0, status: 0 })
    this.#transport.end()
    // A peer that never ends its side would keep the socket for good.
    const timer = setTimeout(() => this.#transport.destroy(), 5_000)
    timer.unref()
    this.#transport.once('close', () => clearTimeout(timer))
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.read(chunk)) this.#handle(frame)
    } catch (error) {
      this.#transport.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #handle(frame: SpdyFrame): void {
    switch (frame.type) {
      case 'synStream':
        this.#accept(frame.streamId, { headers: this.#headerReader.read(frame.block), fin: frame.fin })
        return
      case 'synReply':
      case 'headers':
        this.#headerReader.read(frame.block)
        if (frame.fin) this.#streams.get(frame.streamId)?.receive(Buffer.alloc(0), true)
        return
      case 'data':
        this.#streams.get(frame.streamId)?.receive(frame.payload, frame.fin)
        return
      case 'reset':
        this.#streams.get(frame.streamId)?.cancel()
        return
      case 'ping':
        if (frame.id % 2 === (this.#options.role === 'server' ? 1 : 0)) this.#write(frame)
        return
      case 'goAway':
      case 'ignored':
        return
    }
  }

  #accept(id: number, { headers, fin }: { headers: SpdyHeaders; fin: boolean }): void {
    const stream = this.#add(id, headers)
    this.#write({ type: 'synReply', streamId: id, fin: false, block: this.#headerWriter.write({}) })
    if (fin) stream.receive(Buffer.alloc(0), true)
    this.#options.onStream?.(stream)
  }

  #add(id: number, headers: SpdyHeaders): SpdyStream {
    const stream = new SpdyStream({ id, headers, carrier: this.#carrier })
    // Whoever reads or writes it sees the error; a stream nobody listens to must not end the process.
    stream.on('error', () => undefined)
    this.#streams.set(id, stream)
    return stream
  }

  #flow(streamId: number, flowing: boolean): void {
    if (flowing) this.#slowReaders.delete(streamId)
    else this.#slowReaders.add(streamId)
    if (this.#slowReaders.size > 0) this.#transport.pause()
    else if (this.#transport.isPaused()) this.#transport.resume()
  }

  #write(frame: Exclude<SpdyFrame, { type: 'ignored' }>): void {
    if (!this.#transport.destroyed && !this.#transport.writableEnded) this.#transport.write(printFrame(frame))
  }
}
