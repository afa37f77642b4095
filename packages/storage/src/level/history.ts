import type { StorageEvent, WatchBatch } from '../backend.ts'
import type { Database } from './database.ts'
import { decodeHead, endOf, type Head, headKey, revisionOfLog, valueKey } from './records.ts'

export type Snapshot = ReturnType<Database['snapshot']>

/** A part of the log: `from` is left out, `to` is in. Read from a snapshot, so that compaction takes nothing away meanwhile. */
export interface Range {
  prefix: string
  from: number
  to: number
  snapshot: Snapshot
}

interface LogHead extends Head {
  revision: number
}

/** Events read at once: each comes with two values. */
const chunk = 100

/** The log's next events, from its part after `from`; `revision` is up to where they go. */
export async function readLog(database: Database, range: Range): Promise<WatchBatch> {
  const heads = database.iterator({
    gt: headKey(range.from),
    lte: headKey(range.to),
    limit: chunk,
    snapshot: range.snapshot,
  })
  const found = (await heads.all()).map(logHead)
  const mine = found.filter(({ key }) => key.startsWith(range.prefix))
  const revision = found.length < chunk ? range.to : (found.at(-1)?.revision ?? range.to)
  return { events: await eventsOf(database, mine, range.snapshot), revision }
}

const logHead = ([key, value]: [string, Buffer]): LogHead => ({ ...decodeHead(value), revision: revisionOfLog(key) })

async function eventsOf(database: Database, heads: LogHead[], snapshot: Snapshot): Promise<StorageEvent[]> {
  const revisions = new Set(heads.flatMap(({ revision, previousRevision }) => [revision, previousRevision]))
  const keys = [...revisions].map(valueKey)
  const read = await database.getMany(keys, { snapshot })
  const values = new Map(keys.map((key, i) => [key, read[i]]))
  return heads.map(({ type, key, revision, previousRevision }) => {
    const previousValue = values.get(valueKey(previousRevision))
    const value = values.get(valueKey(revision)) ?? previousValue ?? Buffer.alloc(0)
    const event = { type, key, value, revision }
    return previousValue ? { ...event, previousValue, previousRevision } : event
  })
}

/** The heads of the log in order, in chunks. */
async function* logHeads(database: Database, { from, to, snapshot }: Range): AsyncGenerator<LogHead[]> {
  const heads = database.iterator({ gt: headKey(from), lte: headKey(to), snapshot })
  try {
    for (;;) {
      const some = await heads.nextv(chunk)
      if (some.length === 0) return
      yield some.map(logHead)
    }
  } finally {
    await heads.close()
  }
}

/**
 * For each key that changed in the range: the revision of its value before, 0 if it was not there. The first change in the range tells.
 */
export async function changedIn(
  database: Database,
  range: Range,
): Promise<Map<string, { createRevision: number; modRevision: number }>> {
  const before = new Map<string, { createRevision: number; modRevision: number }>()
  for await (const heads of logHeads(database, range)) {
    for (const { key, createRevision, previousRevision } of heads) {
      if (!key.startsWith(range.prefix) || before.has(key)) continue
      before.set(key, { createRevision, modRevision: previousRevision })
    }
  }
  return before
}

/** The latest revision after `after` in the log. */
export async function lastHead(
  database: Database,
  { after, snapshot }: { after: number; snapshot?: Snapshot },
): Promise<number | undefined> {
  const range = { gt: headKey(after), lt: endOf('h:'), reverse: true, limit: 1 }
  const [last] = await database.keys(snapshot ? { ...range, snapshot } : range).all()
  return last === undefined ? undefined : revisionOfLog(last)
}
