import { type Backend, CompactedError } from '@tandem/storage'
import type { Change } from './change.ts'
import type { Entry } from './entry.ts'
import { entryKey } from './keys.ts'
import type { Reader } from './reading.ts'
import { tooLarge, tooOld, type WatchFrom, watchFrom } from './resource-version.ts'
import { parseSelection, type Selector } from './selection.ts'
import type { Watch, WatchRequest } from './store.ts'
import type { WatchCache } from './watch-cache.ts'
import { Bookmark, ErrorEvent, ObjectEvent, type WatchEvent } from './watch-event.ts'
import { Watcher } from './watcher.ts'

interface Source {
  cache: WatchCache
  backend: Backend
  reader: Reader
}

/** Sets up a watch: what was, without gap or duplicate, then what happens. */
export async function watch({ cache, backend, reader }: Source, request: WatchRequest): Promise<Watch> {
  const selector = parseSelection(cache.definition, request)
  const from = watchFrom(request)
  await reader.fresh(request.resourceVersion === '0' ? '0' : '')
  const { signal } = request
  if (from.revision !== undefined && from.revision > reader.revision) {
    // Upstream waits a moment for the revision to come, and so do we.
    await reader.fresh(String(from.revision)).catch(() => {
      throw tooLarge(from.revision ?? 0, reader.revision)
    })
  }
  let past: Change[] = []
  if (from.revision !== undefined && !from.initialEvents) {
    try {
      past = await changesSince({ cache, backend, reader }, from.revision, signal)
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error
      return expired(tooOld(from.revision, error.compactedRevision).status)
    }
  }
  // From here on nothing waits, so that no event comes between what the watch begins with and what `dispatch` will add.
  const first = from.initialEvents
    ? initialEvents({ cache, backend, reader }, selector, from)
    : past.concat(cache.recent.after(past.at(-1)?.revision ?? from.revision ?? cache.revision)).map((change) => {
        const event = change.eventFor(selector)
        // These events are this watcher's own: the change is not to hold them.
        change.forget()
        return event
      })
  const watcher: Watcher = new Watcher(selector, {
    bookmarks: request.allowWatchBookmarks === true,
    signal,
    first,
    onInitialized: request.onInitialized,
    backlog: cache.watchers.backlog,
    onDrop: () => {
      cache.watchers.dropped++
      request.onDrop?.()
    },
    onEnd: () => cache.watchers.remove(watcher),
  })
  if (!signal.aborted) cache.watchers.add(watcher)
  return watcher
}

/** All that is there now, though it is told later. */
function initialEvents(
  { cache, reader }: Source,
  selector: Selector,
  { endBookmark }: WatchFrom,
): Iterable<WatchEvent | undefined> {
  const entries = candidates(cache, selector)
  const end = endBookmark ? new Bookmark(cache.bookmarkOf, reader.revision, { initialEventsEnd: true }) : undefined
  return (function* () {
    for (const entry of entries) yield selector.matches(entry) ? new ObjectEvent('ADDED', entry) : undefined
    yield end
  })()
}

function candidates(cache: WatchCache, { namespace, name }: Selector): readonly Entry[] {
  if (name !== undefined && (namespace !== '' || cache.definition.scope === 'Cluster')) {
    const entry = cache.entries.get(entryKey({ namespace, name }))
    return entry ? [entry] : []
  }
  return namespace ? cache.entries.slice(`${namespace}/`, `${namespace}0`) : cache.entries.slice('')
}

/**
 * What the cache no longer remembers of the changes after a revision, from the backend's log; all that follows them is in the cache.
 */
async function changesSince({ cache, backend }: Source, revision: number, signal: AbortSignal): Promise<Change[]> {
  const changes: Change[] = []
  // The cache goes on forgetting while the log is read.
  for (let from = revision; from < cache.recent.since && !signal.aborted; ) {
    const until = cache.revision
    for await (const batch of backend.watch(cache.prefix, { fromRevision: from, progress: true, signal })) {
      for (const event of batch.events) if (event.revision <= until) changes.push(cache.changeOf(event))
      if (batch.revision >= until) break
    }
    from = until
  }
  return changes
}

async function* expired(status: ConstructorParameters<typeof ErrorEvent>[0]): AsyncGenerator<ErrorEvent[]> {
  yield [new ErrorEvent(status)]
}
