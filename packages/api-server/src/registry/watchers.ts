import type { Backlog } from './backlog.ts'
import type { Change } from './change.ts'
import type { Entry } from './entry.ts'
import type { Selector } from './selection.ts'
import type { Watcher } from './watcher.ts'

/**
 * The watchers of one resource, each in one bucket: by the name it asks for, else by the value of a field (a kubelet's
 * `spec.nodeName=…`), else by namespace, else among those who see all. An event visits only the buckets it can concern.
 */
export class Watchers {
  #buckets = new Map<string, Set<Watcher>>()
  /** Fields that some watcher is filed under, with how many. */
  #fields = new Map<string, number>()
  size = 0
  /** How many were ended because they did not keep up. */
  dropped = 0
  readonly backlog: Backlog | undefined

  constructor(backlog?: Backlog) {
    this.backlog = backlog
  }

  add(watcher: Watcher): void {
    const { bucket, field } = placeOf(watcher.selector)
    const members = this.#buckets.get(bucket) ?? new Set()
    this.#buckets.set(bucket, members.add(watcher))
    if (field) this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1)
    this.size++
  }

  remove(watcher: Watcher): void {
    const { bucket, field } = placeOf(watcher.selector)
    const members = this.#buckets.get(bucket)
    if (!members?.delete(watcher)) return
    if (members.size === 0) this.#buckets.delete(bucket)
    this.size--
    if (!field) return
    const left = (this.#fields.get(field) ?? 0) - 1
    if (left > 0) this.#fields.set(field, left)
    else this.#fields.delete(field)
  }

  /** Queues each watcher's event of each change, then wakes each watcher once. */
  dispatch(changes: readonly Change[]): void {
    const woken = new Set<Watcher>()
    for (const change of changes) {
      for (const bucket of this.#bucketsOf(change)) {
        for (const watcher of this.#buckets.get(bucket) ?? []) {
          const event = change.eventFor(watcher.selector)
          if (!event) continue
          watcher.push(event)
          woken.add(watcher)
        }
      }
      change.forget()
    }
    for (const watcher of woken) watcher.flush()
    this.backlog?.enforce()
  }

  all(): Watcher[] {
    return [...this.#buckets.values()].flatMap((members) => [...members])
  }

  #bucketsOf({ current, previous }: Change): string[] {
    const { namespace, name } = (current ?? previous) as Entry
    const buckets = ['*', `name:${name}`]
    if (namespace) buckets.push(`namespace:${namespace}`, `name:${namespace}/${name}`)
    for (const field of this.#fields.keys()) {
      const now = current?.fields[field]
      const before = previous?.fields[field]
      if (now !== undefined) buckets.push(`field:${field}=${now}`)
      if (before !== undefined && before !== now) buckets.push(`field:${field}=${before}`)
    }
    return buckets
  }
}

function placeOf({ namespace, name, required }: Selector): { bucket: string; field?: string } {
  if (name !== undefined) return { bucket: namespace ? `name:${namespace}/${name}` : `name:${name}` }
  const [first] = required
  if (first) return { bucket: `field:${first.field}=${first.value}`, field: first.field }
  return { bucket: namespace ? `namespace:${namespace}` : '*' }
}
