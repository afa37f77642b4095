import { type Backend, CompactedError } from '@tandem/storage'
import type { Change } from './change.ts'
import { entryKey } from './keys.ts'
import type { Reader } from './reading.ts'
import { tooLarge, tooOld, watchFrom } from './resource-version.ts'
import { parseSelection, type Selector } from './selection.ts'
import type { Watch, WatchRequest } from './store.ts'
import type { WatchCache } from './watch-cache.ts'
import { Bookmark, ErrorEvent, ObjectEvent } from './watch-event.ts'
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
  // From here on nothing waits, so that no event comes between what is queued now and what `dispatch` will add.
  const watcher: Watcher = new Watcher(selector, {
    bookmarks: request.allowWatchBookmarks === true,
    signal,
    onEnd: () => cache.watchers.remove(watcher),
  })
  if (from.initialEvents) {
    for (const entry of matching(cache, selector)) watcher.push(new ObjectEvent('ADDED', entry))
    if (from.endBookmark) watcher.push(new Bookmark(cache.bookmarkOf, reader.revision, { initialEventsEnd: true }))
  } else {
    for (const change of past.concat(cache.recent.after(past.at(-1)?.revision ?? from.revision ?? cache.revision))) {
      const event = change.eventFor(selector)
      if (event) watcher.push(event)
      change.forget()
    }
  }
  if (!signal.aborted) cache.watchers.add(watcher)
  return watcher
}

function matching(cache: WatchCache, selector: Selector) {
  const { namespace, name } = selector
  if (name !== undefined && (namespace !== '' || cache.definition.scope === 'Cluster')) {
    const entry = cache.entries.get(entryKey({ namespace, name }))
    return entry && selector.matches(entry) ? [entry] : []
  }
  const entries = namespace ? cache.entries.slice(`${namespace}/`, `${namespace}0`) : cache.entries.slice('')
  return selector.everything ? entries : entries.filter(selector.matches)
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
