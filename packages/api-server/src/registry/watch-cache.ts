import { apiVersionOf, type ResourceDefinition } from '@tandem/apimachinery'
import type { Backend, StorageEvent } from '@tandem/storage'
import type { Backlog } from './backlog.ts'
import { Change } from './change.ts'
import { type Allocate, Codec, type Entry, type Taken } from './entry.ts'
import { resourcePrefix } from './keys.ts'
import { OrderedEntries } from './ordered-entries.ts'
import { PackedBytes } from './packed-bytes.ts'
import { RecentChanges } from './recent-changes.ts'
import { Turns } from './turns.ts'
import { Bookmark } from './watch-event.ts'
import { Watchers } from './watchers.ts'

/**
 * All objects of one resource, as bytes, with the latest changes and those who watch them. Filled at first use; from then on every
 * event of the backend passes through `apply`.
 */
export class WatchCache {
  readonly definition: ResourceDefinition
  readonly codec: Codec
  readonly prefix: string
  readonly entries = new OrderedEntries()
  readonly watchers: Watchers
  recent = new RecentChanges(0)
  /** What was in the backend when the cache was filled, and every event after it. */
  revision = 0
  #backend: Backend
  #filled = false
  #filling: Promise<void> | undefined
  /** Counts resets: a fill that began before one has a gap after what it read. */
  #era = 0
  /** Events that came while the cache was being filled. */
  #early: StorageEvent[] = []
  /** What the write path took out of an object, by the very bytes it wrote: they need not be parsed again. */
  #written = new WeakMap<Uint8Array, Taken>()
  readonly #stale = new WeakSet<Entry>()

  constructor(definition: ResourceDefinition, backend: Backend, backlog?: Backlog) {
    this.watchers = new Watchers(backlog)
    this.definition = definition
    this.codec = new Codec(definition)
    this.prefix = resourcePrefix(definition)
    this.#backend = backend
  }

  /** Returns undefined when there is nothing to wait for. */
  ready(): Promise<void> | undefined {
    if (this.#filled) return undefined
    this.#filling ??= this.#fill()
    return this.#filling
  }

  expect(stored: Uint8Array, taken: Taken): void {
    this.#written.set(stored, taken)
  }

  apply(events: readonly StorageEvent[]): void {
    if (!this.#filled) {
      if (this.#filling) this.#early.push(...events)
      return
    }
    // One revision may hold many: keys that share a lease go together.
    const news = events.filter(({ revision }) => revision > this.revision)
    const changes = news.map((event) => this.#apply(event))
    if (this.watchers.size > 0) this.watchers.dispatch(changes)
  }

  /** Tells those who want to know up to where they have seen everything. */
  bookmark(revision: number): void {
    const event = new Bookmark(this.bookmarkOf, revision)
    for (const watcher of this.watchers.all()) {
      if (!watcher.bookmarks) continue
      watcher.push(event)
      watcher.flush()
    }
  }

  get bookmarkOf(): { kind: string; apiVersion: string } {
    return { kind: this.definition.kind, apiVersion: apiVersionOf(this.definition) }
  }

  /** A change read from the backend's own history. */
  changeOf({ type, value, previousValue, previousRevision = 0, revision }: StorageEvent): Change {
    const previous = previousValue && this.#entry(previousValue, previousRevision)
    const current = type === 'delete' ? undefined : this.#entry(value, revision)
    return this.#change(revision, current, previous)
  }

  entryOf(stored: Uint8Array, revision: number): Entry {
    return this.#entry(stored, revision)
  }

  /** Forgets everything; the next reader fills it again. Its watchers end. */
  reset(): void {
    this.#era++
    this.#filled = false
    this.#filling = undefined
    for (const watcher of this.watchers.all()) watcher.end()
  }

  #apply({ type, key, value, revision }: StorageEvent): Change {
    const previous = this.entries.get(key.slice(this.prefix.length))
    const current = type === 'delete' ? undefined : this.#entry(value, revision)
    if (current) this.entries.set(current)
    else this.entries.delete(key.slice(this.prefix.length))
    const change = this.#change(revision, current, previous)
    this.recent.add(change)
    this.revision = revision
    return change
  }

  #change(revision: number, current: Entry | undefined, previous: Entry | undefined): Change {
    const last = () => this.codec.withRevision((previous ?? current) as Entry, revision)
    return new Change({ revision, current, previous, last })
  }

  /** The bytes in the backend are not those that the entry shows: to write it unchanged is a write all the same. */
  isStale(entry: Entry): boolean {
    return this.#stale.has(entry)
  }

  #entry(bytes: Uint8Array, revision: number, allocate?: Allocate): Entry {
    const taken = this.#written.get(bytes)
    if (taken) return this.codec.entry(bytes, revision, taken, allocate)
    const { stored, object, isStale } = this.codec.read(bytes)
    const entry = this.codec.entry(stored, revision, this.codec.take(object), allocate)
    if (isStale) this.#stale.add(entry)
    return entry
  }

  async #fill(): Promise<void> {
    const era = this.#era
    try {
      this.entries.clear()
      const turns = new Turns()
      const { allocate } = new PackedBytes()
      let revision = 0
      for await (const page of this.#backend.pages(this.prefix)) {
        if (era !== this.#era) return this.ready()
        revision = page.revision
        for (const { value, modRevision } of page.entries) {
          this.entries.append(this.#entry(value, modRevision, allocate))
          const turn = turns.take()
          if (!turn) continue
          await turn
          if (era !== this.#era) return this.ready()
        }
      }
      this.revision = revision
      this.recent = new RecentChanges(revision)
      this.#filled = true
      this.apply(this.#early.splice(0))
    } finally {
      if (era === this.#era) this.#filling = undefined
    }
  }
}
