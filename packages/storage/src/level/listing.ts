import type { Entry, ListOptions, ListResult } from '../backend.ts'
import type { Database } from './database.ts'
import { changedIn, type Snapshot } from './history.ts'
import { decodeState, endOf, keyOfState, type State, stateKey, valueKey } from './records.ts'

interface Place {
  key: string
  createRevision: number
  modRevision: number
}

/** One list, read from one snapshot. `current` is the latest revision that the snapshot holds. */
export async function list(
  database: Database,
  request: { prefix: string; current: number; snapshot: Snapshot; options: ListOptions },
): Promise<ListResult> {
  const { prefix, current, snapshot, options } = request
  const { revision = current, limit = 0, after } = options
  const places =
    revision === current
      ? (await Array.fromAsync(presentPlaces(database, { prefix, snapshot, after }))).flat()
      : await pastPlaces(database, { ...request, revision })
  const start = after === undefined ? 0 : places.findIndex(({ key }) => key > after)
  const rest = start < 0 ? [] : places.slice(start)
  const wanted = limit > 0 ? rest.slice(0, limit) : rest
  return {
    entries: await readValues(database, wanted, snapshot),
    revision,
    remaining: rest.length - wanted.length,
  }
}

export function readState(database: Database, key: string): State | undefined {
  const bytes = database.getSync(stateKey(key))
  return bytes && decodeState(bytes)
}

/** All that is in one snapshot, page by page; at least one. */
export async function* pages(
  database: Database,
  { prefix, snapshot }: { prefix: string; snapshot: Snapshot },
): AsyncGenerator<Entry[]> {
  let count = 0
  for await (const places of presentPlaces(database, { prefix, snapshot })) {
    count++
    yield await readValues(database, places, snapshot)
  }
  if (count === 0) yield []
}

async function* presentPlaces(
  database: Database,
  { prefix, snapshot, after }: { prefix: string; snapshot: Snapshot; after?: string | undefined },
): AsyncGenerator<Place[]> {
  const range = after !== undefined && after > prefix ? { gt: stateKey(after) } : { gte: stateKey(prefix) }
  const states = database.iterator({ ...range, lt: endOf(stateKey(prefix)), snapshot })
  try {
    for (;;) {
      const some = await states.nextv(1000)
      if (some.length === 0) return
      yield some.map(([key, value]) => ({ key: keyOfState(key), ...decodeState(value) }))
    }
  } finally {
    await states.close()
  }
}

/** The present, with what changed since put back as it was. */
async function pastPlaces(
  database: Database,
  request: { prefix: string; current: number; snapshot: Snapshot; options: ListOptions; revision: number },
): Promise<Place[]> {
  const { prefix, snapshot, revision, current, options } = request
  const { after } = options
  const before = await changedIn(database, { prefix, from: revision, to: current, snapshot })
  const present = (await Array.fromAsync(presentPlaces(database, { prefix, snapshot, after }))).flat()
  const unchanged = present.filter(({ key }) => !before.has(key))
  const changed = [...before]
    .map(([key, revisions]) => ({ key, ...revisions }))
    .filter(({ key, modRevision }) => modRevision > 0 && (after === undefined || key > after))
  return [...unchanged, ...changed].sort((a, b) => (a.key < b.key ? -1 : 1))
}

async function readValues(database: Database, places: Place[], snapshot: Snapshot): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let i = 0; i < places.length; i += 500) {
    const some = places.slice(i, i + 500)
    const values = await database.getMany(
      some.map(({ modRevision }) => valueKey(modRevision)),
      { snapshot },
    )
    for (const [n, { key, createRevision, modRevision }] of some.entries()) {
      const value = values[n]
      if (value) entries.push({ key, value, createRevision, modRevision })
    }
  }
  return entries
}
