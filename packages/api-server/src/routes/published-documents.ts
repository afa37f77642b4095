import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { addWarnings } from '../request/respond.ts'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** A document as it is sent. Only the compressed bytes are kept: a tenth of the text, and nearly every client takes them so. */
export interface Published {
  readonly compressed: Buffer
  readonly etag: string
}

interface Kept {
  version: unknown
  document: Promise<Published>
}

/** What is served changes seldom, and each document is made when it is first asked for after that. */
export class PublishedDocuments {
  readonly #documents = new Map<string, Kept>()

  /** `version` tells which state of what is served the document is of. */
  get(name: string, version: unknown, make: () => Promise<Uint8Array | string>): Promise<Published> {
    const known = this.#documents.get(name)
    if (known && known.version === version) return known.document
    const document = make().then(publish)
    const kept = { version, document }
    this.#documents.set(name, kept)
    document.catch(() => {
      if (this.#documents.get(name) === kept) this.#documents.delete(name)
    })
    return document
  }

  /** Lets go of the documents of what is not served any more. */
  keep(isServed: (name: string) => boolean): void {
    for (const name of this.#documents.keys()) if (!isServed(name)) this.#documents.delete(name)
  }
}

async function publish(content: Uint8Array | string): Promise<Published> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const digest = await crypto.subtle.digest('SHA-512', bytes as Uint8Array<ArrayBuffer>)
  return { compressed: await compress(bytes), etag: `"${Buffer.from(digest).toString('hex').toUpperCase()}"` }
}

const hasAlready = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim())) ?? false

/** Sends a document compressed where the client takes that, and nothing where it has it already. */
export async function sendDocument(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { compressed, etag }: Published,
  type = 'application/json',
): Promise<void> {
  addWarnings(reply)
  reply.header('etag', etag).header('vary', 'Accept, Accept-Encoding')
  if (hasAlready(headers['if-none-match'], etag)) {
    reply.code(304).send()
    return
  }
  reply.header('content-type', type)
  const encoding = headers['accept-encoding']
  if (typeof encoding === 'string' && encoding.includes('gzip'))
    reply.header('content-encoding', 'gzip').send(compressed)
  else reply.send(await decompress(compressed))
}
