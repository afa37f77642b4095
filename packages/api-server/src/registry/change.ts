import type { Entry } from './entry.ts'
import type { Selector } from './selection.ts'
import { ObjectEvent } from './watch-event.ts'

/** One write as the cache knows it. At least one of the two entries is there. */
export class Change {
  readonly revision: number
  /** When it was made known here. */
  readonly at = performance.now()
  readonly key: string
  readonly current: Entry | undefined
  readonly previous: Entry | undefined
  /** The last state under the revision at which it ended: by deletion, or by no longer matching. */
  readonly #last: () => Entry
  #added: ObjectEvent | undefined
  #modified: ObjectEvent | undefined
  #deleted: ObjectEvent | undefined

  constructor(change: {
    revision: number
    current?: Entry | undefined
    previous?: Entry | undefined
    last: () => Entry
  }) {
    this.revision = change.revision
    this.current = change.current
    this.previous = change.previous
    this.key = (change.current ?? change.previous)?.key ?? ''
    this.#last = change.last
  }

  /** What a watcher with this selector is to see, if anything. The same event for all who are to see the same. */
  eventFor(selector: Selector): ObjectEvent | undefined {
    const { current, previous } = this
    const is = current !== undefined && selector.matches(current)
    const was = previous !== undefined && selector.matches(previous)
    if (is && was) {
      this.#modified ??= new ObjectEvent('MODIFIED', current)
      return this.#modified
    }
    if (is) {
      this.#added ??= new ObjectEvent('ADDED', current)
      return this.#added
    }
    if (!was) return undefined
    this.#deleted ??= new ObjectEvent('DELETED', this.#last())
    return this.#deleted
  }

  /** Lets go of the events, once all watchers of the present have theirs. */
  forget(): void {
    this.#added = undefined
    this.#modified = undefined
    this.#deleted = undefined
  }

  get bytes(): number {
    return this.previous?.json.length ?? 0
  }
}
