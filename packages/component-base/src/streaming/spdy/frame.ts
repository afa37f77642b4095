/** One frame of SPDY/3.1, header blocks still compressed. */
export type SpdyFrame =
  | { type: 'data'; streamId: number; fin: boolean; payload: Buffer }
  | { type: 'synStream'; streamId: number; fin: boolean; block: Buffer }
  | { type: 'synReply'; streamId: number; fin: boolean; block: Buffer }
  | { type: 'reset'; streamId: number; status: number }
  | { type: 'ping'; id: number }
  | { type: 'goAway'; lastStreamId: number; status: number }
  | { type: 'headers'; streamId: number; fin: boolean; block: Buffer }
  | { type: 'ignored'; controlType: number }

const version = 3
const finFlag = 1
const headLength = 8
/** A control frame is headers at most; data is cut by its sender far below this. */
const maxLength = 16 * 1024 * 1024 - 1

const controlTypes = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7, headers: 8 } as const

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #buffered: Buffer = Buffer.alloc(0)

  /** The frames that are complete with this chunk. */
  read(chunk: Buffer): SpdyFrame[] {
    const frames: SpdyFrame[] = []
    this.#buffered = this.#buffered.length > 0 ? Buffer.concat([this.#buffered, chunk]) : chunk
    while (this.#buffered.length >= headLength) {
      const length = this.#buffered.readUInt32BE(4) & 0xffffff
      if (this.#buffered.length < headLength + length) break
      const head = this.#buffered.subarray(0, headLength)
      const body = this.#buffered.subarray(headLength, headLength + length)
      this.#buffered = this.#buffered.subarray(headLength + length)
      frames.push(parseFrame(head, body))
    }
    return frames
  }
}

function parseFrame(head: Buffer, body: Buffer): SpdyFrame {
  const first = head.readUInt32BE(0)
  const fin = ((head[4] ?? 0) & finFlag) !== 0
  if (first >>> 31 === 0) return { type: 'data', streamId: first, fin, payload: body }
  const controlType = first & 0xffff
  const id = (offset = 0) => body.readUInt32BE(offset) & 0x7fffffff
  switch (controlType) {
    case controlTypes.synStream:
      return { type: 'synStream', streamId: id(), fin, block: body.subarray(10) }
    case controlTypes.synReply:
      return { type: 'synReply', streamId: id(), fin, block: body.subarray(4) }
    case controlTypes.reset:
      return { type: 'reset', streamId: id(), status: body.readUInt32BE(4) }
    case controlTypes.ping:
      return { type: 'ping', id: body.readUInt32BE(0) }
    case controlTypes.goAway:
      return { type: 'goAway', lastStreamId: id(), status: body.readUInt32BE(4) }
    case controlTypes.headers:
      return { type: 'headers', streamId: id(), fin, block: body.subarray(4) }
    default:
      return { type: 'ignored', controlType }
  }
}

export function printFrame(frame: Exclude<SpdyFrame, { type: 'ignored' }>): Buffer {
  switch (frame.type) {
    case 'data':
      return withHead(frame.streamId, { fin: frame.fin, body: frame.payload })
    case 'synStream':
      return control(frame.type, {
        fin: frame.fin,
        body: Buffer.concat([uint32(frame.streamId, 0), Buffer.alloc(2), frame.block]),
      })
    case 'synReply':
    case 'headers':
      return control(frame.type, { fin: frame.fin, body: Buffer.concat([uint32(frame.streamId), frame.block]) })
    case 'reset':
      return control(frame.type, { body: uint32(frame.streamId, frame.status) })
    case 'ping':
      return control(frame.type, { body: uint32(frame.id) })
    case 'goAway':
      return control(frame.type, { body: uint32(frame.lastStreamId, frame.status) })
  }
}

const control = (type: keyof typeof controlTypes, rest: { fin?: boolean; body: Buffer }): Buffer =>
  withHead((0x80000000 | (version << 16) | controlTypes[type]) >>> 0, rest)

function withHead(first: number, { fin = false, body }: { fin?: boolean; body: Buffer }): Buffer {
  if (body.length > maxLength) throw new RangeError(`SPDY frame of ${body.length} bytes`)
  return Buffer.concat([uint32(first, ((fin ? finFlag : 0) << 24) | body.length), body])
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value >>> 0, index * 4)
  })
  return bytes
}
