import type { Database, Operation } from './database.ts'
import { decodeHead, headKey, revisionOfLog, valueKey } from './records.ts'

export interface Retention {
  /** History younger than this is kept. */
  milliseconds: number
  /** History is cut to half of this once its values grow past it. */
  bytes: number
}

interface Mark {
  at: number
  revision: number
  /** Bytes written since the mark before. */
  bytes: number
}

/** Says up to which revision history may go, from how much was written when. */
export class History {
  #marks: Mark[]
  #unmarked = 0
  #retention: Retention

  constructor(retention: Retention, start: Mark) {
    this.#retention = retention
    this.#marks = [start]
  }

  wrote(bytes: number): void {
    this.#unmarked += bytes
  }

  /** Sets a mark and returns the revision to compact to, 0 for none. */
  mark(now: number, revision: number): number {
    const { milliseconds, bytes } = this.#retention
    this.#marks.push({ at: now, revision, bytes: this.#unmarked })
    this.#unmarked = 0
    let held = this.#marks.reduce((sum, mark) => sum + mark.bytes, 0)
    const goal = held > bytes ? bytes / 2 : held
    let compact = 0
    for (let first = this.#marks[0]; first && this.#marks.length > 1; first = this.#marks[0]) {
      if (held <= goal && now - first.at < milliseconds) break
      this.#marks.shift()
      held -= first.bytes
      compact = first.revision
    }
    return compact
  }
}

const chunk = 500

/**
 * Takes away the values that revisions up to `to` replaced, and the heads of those that replaced nothing visible any more. Small batches
 * that need no sync of their own go between those of writers; where it got is kept, so that a crash leaves nothing behind for good.
 */
export async function sweep(
  database: Database,
  { from, to, stop }: { from: number; to: number; stop(): boolean },
): Promise<void> {
  const heads = database.iterator({ gt: headKey(from), lte: headKey(to) })
  try {
    for (;;) {
      const some = await heads.nextv(chunk)
      const operations: Operation[] = []
      for (const [key, value] of some) {
        const { previousRevision } = decodeHead(value)
        operations.push({ type: 'del', key })
        if (previousRevision) operations.push({ type: 'del', key: valueKey(previousRevision) })
      }
      const last = some.at(-1)
      const swept = last ? revisionOfLog(last[0]) : to
      operations.push({ type: 'put', key: 'm:swept', value: Buffer.from(String(swept)) })
      await database.batch(operations)
      if (!last || stop()) return
    }
  } finally {
    await heads.close()
  }
}
