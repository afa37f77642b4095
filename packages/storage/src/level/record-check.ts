import { FormatError } from '../errors.ts'
import type { Database } from './database.ts'
import {
  decodeHead,
  decodeState,
  endOf,
  keyOfState,
  parseExpiryKey,
  revisionOfLog,
  stateKey,
  valueKey,
} from './records.ts'

const chunk = 1000

/** Reads every record and compares what they say of each other. Throws a FormatError that names the first that does not fit. */
export async function checkRecords(database: Database): Promise<void> {
  const damage = (what: string): FormatError =>
    new FormatError(`${database.location} is damaged: ${what}; put a backup in its place with tandem restore`)
  const compacted = Number((await database.get('m:compacted')) ?? 0)
  await checkLog(database, compacted, damage)
  for await (const states of chunks(database, 's:')) {
    for (const [at, bytes] of states) {
      const key = keyOfState(at)
      const { createRevision, modRevision } = decodeState(bytes)
      if (createRevision > modRevision) throw damage(`${key} was created after it was changed`)
      if (!(await database.has(valueKey(modRevision)))) throw damage(`${key} has no value at revision ${modRevision}`)
    }
  }
  for await (const expiries of chunks(database, 'x:')) {
    for (const [at, key] of expiries) {
      const { revision } = parseExpiryKey(at)
      const state = await database.get(stateKey(key.toString()))
      if (!state || decodeState(state).modRevision !== revision)
        throw damage(`the expiry of revision ${revision} belongs to no key`)
    }
  }
}

async function checkLog(database: Database, compacted: number, damage: (what: string) => FormatError): Promise<void> {
  let previous: number | undefined
  for await (const heads of chunks(database, 'h:')) {
    for (const [at, bytes] of heads) {
      const revision = revisionOfLog(at)
      const { type, key } = decodeHead(bytes)
      const gap = previous === undefined ? revision > compacted + 1 : revision !== previous + 1
      if (gap) throw damage(`revisions between ${previous ?? compacted} and ${revision} are missing`)
      // A value that a later revision replaced goes with that one's head.
      if (type !== 'delete' && revision > compacted && !(await database.has(valueKey(revision))))
        throw damage(`revision ${revision}, of ${key}, has no value`)
      previous = revision
    }
  }
}

async function* chunks(database: Database, prefix: string): AsyncGenerator<[string, Buffer][]> {
  const entries = database.iterator({ gte: prefix, lt: endOf(prefix) })
  try {
    for (let some = await entries.nextv(chunk); some.length > 0; some = await entries.nextv(chunk)) yield some
  } finally {
    await entries.close()
  }
}
