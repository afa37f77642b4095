import type { Connection } from './connection.ts'
import { isCompacted, translate } from './failures.ts'
import { compact, compareResult, compareTarget, txn } from './messages.ts'

/** Upstream's: every API server over one etcd agrees through it on who compacts, also one of Kubernetes' own. */
const key = Buffer.from('compact_rev_key')

/**
 * Forgets, at each round, what was history already at the round before. Of several servers one does it: whoever moves the shared key on
 * from the version all of them saw last.
 */
export class Compactor {
  readonly #connection: Connection
  #version = 0
  #revision = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async round(): Promise<void> {
    const value = Buffer.from(String(this.#revision))
    const { succeeded, responses, header } = await this.#connection.ask(
      txn,
      {
        compare: [{ result: compareResult.equal, target: compareTarget.version, key, version: this.#version }],
        success: [{ requestPut: { key, value } }],
        failure: [{ requestRange: { key } }],
      },
      { repeatable: false },
    )
    const to = this.#revision
    this.#revision = header.revision
    if (!succeeded) {
      this.#version = responses[0]?.responseRange?.kvs[0]?.version ?? 0
      return
    }
    this.#version++
    if (to > 0) await compactTo(this.#connection, to)
  }
}

export async function compactTo(connection: Connection, revision: number): Promise<void> {
  try {
    await connection.call(compact, { revision }, { repeatable: true })
  } catch (error) {
    if (!isCompacted(error)) throw translate(error)
  }
}
