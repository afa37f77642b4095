import { type Backend, KeyExistsError, RevisionMismatchError } from '@tandem/storage'

const prefix = '/registry/masterleases/'
// As upstream: longer than the pause between two renewals.
const ttlSeconds = 15

/** The addresses of all servers over one store, each kept by its server, and gone soon after it. */
export class ServerLeases {
  readonly #backend: Backend

  constructor(backend: Backend) {
    this.#backend = backend
  }

  async renew(address: string): Promise<void> {
    const key = prefix + address
    const value = Buffer.from(address)
    const held = await this.#backend.get(key)
    try {
      if (held) await this.#backend.update(key, value, held.modRevision, { ttlSeconds })
      else await this.#backend.create(key, value, { ttlSeconds })
    } catch (error) {
      // Somebody else wrote the same just now.
      if (!(error instanceof KeyExistsError || error instanceof RevisionMismatchError)) throw error
    }
  }

  async addresses(): Promise<string[]> {
    const { entries } = await this.#backend.list(prefix)
    return entries.map(({ key }) => key.slice(prefix.length))
  }

  async remove(address: string): Promise<void> {
    const held = await this.#backend.get(prefix + address)
    if (held) await this.#backend.delete(held.key, held.modRevision)
  }
}

/** How many servers there are over a store. */
export const serversOver = async (backend: Backend): Promise<number> =>
  backend.exclusive ? 1 : (await new ServerLeases(backend).addresses()).length
