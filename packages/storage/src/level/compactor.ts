import type { Operation } from './database.ts'
import type { Handle } from './handle.ts'
import { decodeHead, headKey, revisionOfLog, valueKey } from './records.ts'

export interface Retention {
  /** History younger than this is kept. */
  milliseconds: number
  /** History is cut to half of this once its values grow past it. */
  bytes: number
}

/** Where history was at a moment. */
export interface Mark {
  at: number
  revision: number
  /** Bytes written since the mark before. */
  bytes: number
}

/** Marks are this fine: a twentieth of what is kept. */
const fineness = 20

/** Says up to which revision history may go, from how much was written when. */
export class History {
  #marks: Mark[]
  #unmarked = 0
  #retention: Retention

  constructor(retention: Retention, start: readonly Mark[]) {
    this.#retention = retention
    this.#marks = [...start]
  }

  /** To be kept over restarts: what lies in the log from before counts too. */
  get marks(): readonly Mark[] {
    return this.#marks
  }

  wrote(bytes: number): void {
    this.#unmarked += bytes
  }

  /** Sets a mark where it is time for one. */
  mark(now: number, revision: number): 'marked' | 'unchanged' {
    const last = this.#marks.at(-1)
    const { milliseconds, bytes } = this.#retention
    const due = !last || now - last.at >= milliseconds / fineness || this.#unmarked >= bytes / fineness
    if (!due || last?.revision === revision) return 'unchanged'
    this.#marks.push({ at: now, revision, bytes: this.#unmarked })
    this.#unmarked = 0
    return 'marked'
  }

  /** Forgets marks, and returns the revision to compact to; 0 for none. */
  forget(now: number): number {
    const { milliseconds, bytes } = this.#retention
    let held = this.#marks.reduce((sum, mark) => sum + mark.bytes, this.#unmarked)
    const goal = held > bytes ? bytes / 2 : held
    let compact = 0
    for (let first = this.#marks[0]; first; first = this.#marks[0]) {
      const tooMuch = held > goal && this.#marks.length > 1
      if (!tooMuch && now - first.at < milliseconds) break
      this.#marks.shift()
      held -= first.bytes
      compact = first.revision
    }
    return compact
  }
}

const chunk = 500

export interface Sweep {
  from: number
  to: number
  stopped(): boolean
  write(operations: Operation[]): Promise<void>
}

/**
 * Takes away the values that revisions up to `to` replaced, and the heads of those that replaced nothing visible any more. It goes in
 * small pieces, each in a batch with writers' own; where it got is kept, so that a crash leaves nothing behind for good.
 */
export async function sweep(handle: Handle, { from, to, stopped, write }: Sweep): Promise<void> {
  for (let swept = from; swept < to && !stopped(); ) {
    const heads = await handle.read((database) =>
      database.iterator({ gt: headKey(swept), lte: headKey(to), limit: chunk }).all(),
    )
    const operations: Operation[] = []
    for (const [key, value] of heads) {
      const { previousRevision } = decodeHead(value)
      operations.push({ type: 'del', key })
      if (previousRevision) operations.push({ type: 'del', key: valueKey(previousRevision) })
    }
    const last = heads.at(-1)
    swept = last && heads.length === chunk ? revisionOfLog(last[0]) : to
    await write([...operations, { type: 'put', key: 'm:swept', value: Buffer.from(String(swept)) }])
  }
}
