import type { WatchBatch, WatchOptions } from '../backend.ts'
import { CompactedError } from '../errors.ts'
import type { Handle } from './handle.ts'
import { readLog } from './history.ts'
import { Watcher, type Watchers } from './watchers.ts'

/** Where watches get their events from: the log as far as it goes, then what is published. */
export interface EventSource {
  readonly handle: Handle
  readonly watchers: Watchers
  /** The latest revision that was published. */
  revision(): number
  compacted(): number
}

/** One watch, from the past into the present. Who reads slowly is sent back to the log, and keeps nothing of it from being compacted. */
export async function* follow(source: EventSource, prefix: string, options: WatchOptions): AsyncGenerator<WatchBatch> {
  const { signal, progress = false } = options
  const watcher = new Watcher(prefix, options.fromRevision || source.revision(), progress)
  const abort = () => watcher.end()
  signal.addEventListener('abort', abort, { once: true })
  source.watchers.add(watcher)
  try {
    watcher.behind = watcher.position < source.revision()
    if (progress && !watcher.behind) yield { events: [], revision: source.revision() }
    while (!watcher.ended && !signal.aborted) {
      if (watcher.behind) yield* catchUp(source, watcher)
      for (const batch of watcher.take()) {
        if (batch.revision <= watcher.position) continue
        const events = batch.events.filter(({ revision }) => revision > watcher.position)
        watcher.position = batch.revision
        if (events.length > 0 || progress) yield { events, revision: batch.revision }
        if (signal.aborted) return
      }
      await watcher.news()
    }
  } finally {
    source.watchers.remove(watcher)
    signal.removeEventListener('abort', abort)
  }
}

/** All of the log up to now, in pieces: what is published meanwhile waits in the watcher. */
async function* catchUp(source: EventSource, watcher: Watcher): AsyncGenerator<WatchBatch> {
  const to = source.revision()
  watcher.behind = false
  while (watcher.position < to) {
    const batch = await readPiece(source, watcher, to)
    watcher.position = batch.revision
    if (batch.events.length > 0) yield batch
    if (watcher.ended) return
  }
  if (watcher.progress) yield { events: [], revision: to }
}

const readPiece = ({ handle, compacted }: EventSource, { prefix, position: from }: Watcher, to: number) =>
  handle.read(async (database) => {
    const snapshot = database.snapshot()
    try {
      // Taken at the same moment as the snapshot: what is compacted later is still in it.
      if (from < compacted()) throw new CompactedError(from, compacted())
      return await readLog(database, { prefix, from, to, snapshot })
    } finally {
      await snapshot.close()
    }
  })
