import { badRequest, notFound, type ObjectKey } from '@tandem/apimachinery'
import { type Backend, CompactedError, FutureRevisionError } from '@tandem/storage'
import { continueTooOld, decodeContinue, encodeContinue } from './continue-token.ts'
import type { Entry } from './entry.ts'
import { entryKey } from './keys.ts'
import { lowerBound } from './ordered-entries.ts'
import type { Progress } from './progress.ts'
import { type ListAt, listAt, listTooOld, parseResourceVersion, tooLarge } from './resource-version.ts'
import { parseSelection, type Selector } from './selection.ts'
import type { ListRequest, StoredList } from './store.ts'
import { Turns } from './turns.ts'
import type { WatchCache } from './watch-cache.ts'

// How long a read waits for a revision that has not been seen yet.
const patience = 3000

interface Page {
  /** The least key that belongs to the page, without namespace where the list is of one. */
  start: string
  at: ListAt
  /** From a continue token, as it was sent. */
  continued: boolean
}

/** Reads of one resource: from the cache, except for a past that only the backend remembers. */
export class Reader {
  readonly #cache: WatchCache
  readonly #backend: Backend
  readonly #progress: Progress

  constructor(cache: WatchCache, backend: Backend, progress: Progress) {
    this.#cache = cache
    this.#backend = backend
    this.#progress = progress
  }

  async get(key: ObjectKey, resourceVersion = ''): Promise<Entry> {
    await this.fresh(resourceVersion)
    const entry = this.#cache.entries.get(entryKey(key))
    if (!entry) throw notFound(this.#resource, key.name)
    return entry
  }

  /** Makes sure that the cache shows at least what the version asks for; '' asks for all that has been acknowledged. */
  async fresh(resourceVersion: string): Promise<void> {
    const filling = this.#cache.ready()
    if (filling) await filling
    const wanted =
      resourceVersion !== ''
        ? parseResourceVersion(resourceVersion)
        : this.#backend.exclusive
          ? 0
          : await this.#backend.currentRevision()
    if (wanted > this.revision && !(await this.#progress.reachedWithin(wanted, patience)))
      throw tooLarge(wanted, this.revision)
  }

  /** Up to which revision the cache is known to show everything. */
  get revision(): number {
    return Math.max(this.#progress.revision, this.#cache.revision)
  }

  async list(request: ListRequest): Promise<StoredList> {
    const selector = parseSelection(this.#cache.definition, request)
    const page = pageOf(request)
    await this.fresh(page.at.mode === 'notOlderThan' ? String(page.at.revision) : page.at.mode === 'any' ? '0' : '')
    if (page.at.mode !== 'exact') return this.#present(selector, page, request.limit ?? 0)
    const { revision } = page.at
    if (revision > this.revision) throw tooLarge(revision, this.revision)
    return this.#past(selector, { ...page, revision, limit: request.limit ?? 0 })
  }

  #present(selector: Selector, { start }: Page, limit: number): Promise<StoredList> {
    const { revision } = this
    const only = this.#only(selector)
    if (only) return Promise.resolve({ entries: only.filter(selector.matches), revision })
    return this.#select(this.#slice(selector, start), selector, { limit, revision })
  }

  /** All that a selector with a name can match, when it says enough to look it up. */
  #only({ namespace, name }: Selector): Entry[] | undefined {
    if (name === undefined) return undefined
    if (this.#cache.definition.scope === 'Namespaced' && namespace === '') return undefined
    const entry = this.#cache.entries.get(entryKey({ namespace, name }))
    return entry ? [entry] : []
  }

  #slice({ namespace }: Selector, start: string): Entry[] {
    const prefix = namespacePrefix(namespace)
    return this.#cache.entries.slice(prefix + start, prefix === '' ? undefined : endOfPrefix(prefix))
  }

  async #past(
    selector: Selector,
    page: { start: string; revision: number; limit: number; continued: boolean },
  ): Promise<StoredList> {
    const { start, revision, limit } = page
    const { recent } = this.#cache
    // What the store has forgotten is not told from memory: a list takes only so long, on any server and after any restart.
    if (await this.#backend.isCompacted(revision)) throw page.continued ? continueTooOld(start) : listTooOld()
    if (revision < recent.since) return this.#fromBackend(selector, page)
    const prefix = namespacePrefix(selector.namespace)
    const entries = asOf(this.#slice(selector, start), recent.statesAt(revision), { prefix, first: prefix + start })
    return this.#select(entries, selector, { limit, revision })
  }

  async #fromBackend(
    selector: Selector,
    { start, revision, limit, continued }: { start: string; revision: number; limit: number; continued: boolean },
  ): Promise<StoredList> {
    const prefix = this.#cache.prefix + namespacePrefix(selector.namespace)
    try {
      const { entries } = await this.#backend.list(prefix, { revision })
      const all: Entry[] = []
      const turns = new Turns()
      for (const { key, value, modRevision } of entries) {
        if (key < prefix + start) continue
        all.push(this.#cache.entryOf(value, modRevision))
        const turn = turns.take()
        if (turn) await turn
      }
      return await this.#select(all, selector, { limit, revision })
    } catch (error) {
      if (error instanceof CompactedError) throw continued ? continueTooOld(start) : listTooOld()
      if (error instanceof FutureRevisionError) throw tooLarge(revision, error.currentRevision)
      throw error
    }
  }

  async #select(
    entries: Entry[],
    selector: Selector,
    { limit, revision }: { limit: number; revision: number },
  ): Promise<StoredList> {
    if (selector.everything && (limit <= 0 || entries.length <= limit)) return { entries, revision }
    if (selector.everything) {
      const page = entries.slice(0, limit)
      const remainingItemCount = entries.length - limit
      return {
        entries: page,
        revision,
        remainingItemCount,
        continue: this.#tokenAfter(page.at(-1), selector, revision),
      }
    }
    const found: Entry[] = []
    const turns = new Turns()
    for (const [i, entry] of entries.entries()) {
      if (selector.matches(entry)) found.push(entry)
      if (limit > 0 && found.length === limit && i < entries.length - 1)
        return { entries: found, revision, continue: this.#tokenAfter(entry, selector, revision) }
      const turn = i % 64 === 0 ? turns.take() : undefined
      if (turn) await turn
    }
    return { entries: found, revision }
  }

  #tokenAfter(last: Entry | undefined, { namespace }: Selector, revision: number): string {
    const key = last?.key.slice(namespacePrefix(namespace).length) ?? ''
    return encodeContinue({ revision, start: `${key}\0` })
  }

  get #resource() {
    const { group, plural } = this.#cache.definition
    return { group, resource: plural }
  }
}

/** Entries as they were: each changed key's state of then in place of its present one. */
function asOf(
  entries: Entry[],
  then: Map<string, Entry | undefined>,
  { prefix, first }: { prefix: string; first: string },
): Entry[] {
  const changed = [...then.keys()].filter((key) => key >= first && key.startsWith(prefix)).sort()
  if (changed.length === 0) return entries
  const parts: Entry[][] = []
  let at = 0
  for (const key of changed) {
    const place = lowerBound(entries, key, at)
    parts.push(entries.slice(at, place))
    const was = then.get(key)
    if (was) parts.push([was])
    at = entries[place]?.key === key ? place + 1 : place
  }
  parts.push(entries.slice(at))
  return parts.flat()
}

const namespacePrefix = (namespace: string): string => (namespace ? `${namespace}/` : '')

/** '0' follows '/'. */
const endOfPrefix = (prefix: string): string => `${prefix.slice(0, -1)}0`

function pageOf(request: ListRequest): Page {
  const at = listAt(request)
  if (!request.continue) return { start: '', at, continued: false }
  if (at.mode !== 'latest' && at.mode !== 'any')
    throw badRequest('specifying resource version is not allowed when using continue')
  const { revision, start } = decodeContinue(request.continue)
  return { start, at: revision < 0 ? { mode: 'latest' } : { mode: 'exact', revision }, continued: true }
}
