import { randomInt } from 'node:crypto'

export interface Lease {
  id: number
  /** Milliseconds since the epoch. */
  expiry: number
}

export interface LeaseOptions {
  grant(id: number, ttlSeconds: number): Promise<unknown>
  now?(): number
  /** Upstream's minute unless given. */
  reuseSeconds?: number | undefined
}

// A lease that many keys hang on makes one large deletion of them all.
const maxKeys = 1000

/**
 * Leases for keys with a time to live. One lease serves all writes of about the same time: it is granted for a little longer than asked
 * (a twentieth, at most a minute), and whoever comes within that time shares it. A key so lives as long as it was asked to, or slightly longer.
 */
export class Leases {
  readonly #options: LeaseOptions
  readonly #leases = new Map<number, { lease: Promise<Lease>; keys: number }>()

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  async leaseFor(ttlSeconds: number): Promise<number> {
    const now = this.#now()
    const known = this.#leases.get(ttlSeconds)
    if (known && ++known.keys <= maxKeys) {
      const { id, expiry } = await known.lease
      if (expiry >= now + ttlSeconds * 1000) return id
    }
    if (this.#leases.get(ttlSeconds) !== known) return this.leaseFor(ttlSeconds)
    return (await this.#grant(ttlSeconds)).id
  }

  /** After etcd said that it knows the lease no more. */
  forget(id: number): void {
    for (const [ttl, { lease }] of this.#leases) void lease.then((known) => known.id === id && this.#leases.delete(ttl))
  }

  #grant(ttlSeconds: number): Promise<Lease> {
    const now = this.#now()
    const { reuseSeconds = 60, grant } = this.#options
    const ttl = ttlSeconds + Math.min(reuseSeconds, Math.floor(ttlSeconds * 0.05))
    const id = randomInt(1, 2 ** 48 - 1)
    const lease = grant(id, ttl).then(() => ({ id, expiry: now + ttl * 1000 }))
    const entry = { lease, keys: 1 }
    this.#leases.set(ttlSeconds, entry)
    lease.catch(() => this.#leases.get(ttlSeconds) === entry && this.#leases.delete(ttlSeconds))
    return lease
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }
}
