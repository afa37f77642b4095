import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ResourceDefinition } from '@tandem/apimachinery'
import { documentPath } from './document-v3.ts'

const compress = promisify(gzip)

/** A document as it is sent. Only the compressed bytes are kept: a tenth of the text, and nearly every client takes them so. */
export interface Published {
  readonly compressed: Buffer
  readonly etag: string
}

/** What is served changes seldom, and each document is made when it is first asked for after that. */
export class PublishedDocuments {
  #version = -1
  readonly #documents = new Map<string, Promise<Published>>()

  /** `version` tells which state of what is served the document is of. */
  get(name: string, version: number, make: () => Promise<Uint8Array | string>): Promise<Published> {
    if (version !== this.#version) {
      this.#documents.clear()
      this.#version = version
    }
    const known = this.#documents.get(name)
    if (known) return known
    const made = make().then(publish)
    this.#documents.set(name, made)
    made.catch(() => this.#documents.delete(name))
    return made
  }
}

async function publish(content: Uint8Array | string): Promise<Published> {
  const etag = `"${createHash('sha512').update(content).digest('hex').toUpperCase()}"`
  return { compressed: await compress(content), etag }
}

/**
 * `/openapi/v3`: where each group's document is. The hash is of what the document is made from, so that the index does not need to make
 * them all.
 */
export function openApiV3Index(definitions: readonly ResourceDefinition[], gitVersion: string) {
  const groups = Map.groupBy(definitions, documentPath)
  const paths = [...groups].map(([path, members]) => {
    const hash = createHash('sha512').update(gitVersion).update(JSON.stringify(members)).digest('hex').toUpperCase()
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const
  })
  return { paths: Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1))) }
}
