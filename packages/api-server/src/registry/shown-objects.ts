import type { KubernetesObject } from '@tandem/apimachinery'
import { entryKey } from './keys.ts'
import type { StoredEntry } from './store.ts'
import { ObjectEvent, type WatchEvent } from './watch-event.ts'

/** What one watcher has been shown, of objects that are chosen after they were converted. */
export class ShownObjects<T extends KubernetesObject> {
  readonly #matches: (entry: StoredEntry) => boolean
  readonly #shown: Set<string>

  constructor(matches: (entry: StoredEntry) => boolean, shown: Iterable<string>) {
    this.#matches = matches
    this.#shown = new Set(shown)
  }

  /** The event as this watcher is to see it, if at all: an object comes when it begins to match, and goes when it ends to. */
  eventFor(event: WatchEvent<T>): WatchEvent<T> | undefined {
    const { type, entry } = event
    if (!entry || type === 'BOOKMARK' || type === 'ERROR') return event
    const key = entryKey(entry)
    const was = this.#shown.has(key)
    const is = type !== 'DELETED' && this.#matches(entry as StoredEntry)
    if (is) this.#shown.add(key)
    else this.#shown.delete(key)
    if (is) return was === (type === 'MODIFIED') ? event : new ObjectEvent(was ? 'MODIFIED' : 'ADDED', entry)
    if (!was) return undefined
    return type === 'DELETED' ? event : new ObjectEvent('DELETED', entry)
  }
}
