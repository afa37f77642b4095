import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ClaimIdentity, PreparedDevice } from './messages.ts'

/** A claim whose devices are ready, or were being made ready, for pods of this node. */
export interface PreparedClaim extends ClaimIdentity {
  podUids: string[]
  /** By driver: undefined until the driver answered. */
  drivers: Record<string, PreparedDevice[] | null>
}

/** What drivers were asked to make ready, kept over restarts: they are to be asked to clean up. */
export class PreparedClaims {
  readonly #path: string
  readonly #claims: Map<string, PreparedClaim>

  constructor(path: string) {
    this.#path = path
    this.#claims = new Map(readClaims(path).map((claim) => [claim.uid, claim]))
  }

  get(uid: string): PreparedClaim | undefined {
    return this.#claims.get(uid)
  }

  ofPod(podUid: string): PreparedClaim[] {
    return [...this.#claims.values()].filter(({ podUids }) => podUids.includes(podUid))
  }

  get all(): PreparedClaim[] {
    return [...this.#claims.values()]
  }

  set(claim: PreparedClaim): void {
    this.#claims.set(claim.uid, claim)
    this.#write()
  }

  delete(uid: string): void {
    if (this.#claims.delete(uid)) this.#write()
  }

  #write(): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o750 })
    writeFileSync(`${this.#path}.new`, JSON.stringify({ claims: this.all }), { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }
}

function readClaims(path: string): PreparedClaim[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { claims: PreparedClaim[] }).claims
  } catch {
    return []
  }
}
