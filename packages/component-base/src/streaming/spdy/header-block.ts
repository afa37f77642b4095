import { Deflate, Inflate } from 'pako'
import { dictionary } from './dictionary.ts'

/** Names are lower case; several values of one name are separated by NUL. */
export type SpdyHeaders = Readonly<Record<string, string>>

const syncFlush = 2

/** Reads the header blocks of one direction of one connection: they share a compression context, so none may be left out. */
export class HeaderReader {
  readonly #inflate = new Inflate({ dictionary })
  #chunks: Uint8Array[] = []

  constructor() {
    this.#inflate.onData = (chunk) => void this.#chunks.push(chunk)
  }

  read(block: Buffer): SpdyHeaders {
    this.#chunks = []
    this.#inflate.push(block, syncFlush)
    if (this.#inflate.err) throw new Error(`SPDY header block: ${this.#inflate.msg}`)
    return parseHeaders(Buffer.concat(this.#chunks))
  }
}

/** Writes the header blocks of one direction of one connection. */
export class HeaderWriter {
  readonly #deflate = new Deflate({ dictionary })
  #chunks: Uint8Array[] = []

  constructor() {
    this.#deflate.onData = (chunk) => void this.#chunks.push(chunk)
  }

  write(headers: SpdyHeaders): Buffer {
    this.#chunks = []
    this.#deflate.push(printHeaders(headers), syncFlush)
    return Buffer.concat(this.#chunks)
  }
}

function parseHeaders(bytes: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {}
  let offset = 4
  const next = () => {
    const length = bytes.readUInt32BE(offset)
    const text = bytes.toString('utf8', offset + 4, offset + 4 + length)
    offset += 4 + length
    return text
  }
  for (let count = bytes.readUInt32BE(0); count > 0; count--) {
    const name = next().toLowerCase()
    headers[name] = next()
  }
  return headers
}

function printHeaders(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(entries.length)
  return Buffer.concat([count, ...entries.flat().map(prefixed)])
}

function prefixed(text: string): Buffer {
  const length = Buffer.alloc(4)
  const bytes = Buffer.from(text)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
