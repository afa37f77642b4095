import { type KubernetesObject, keyOf } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Store, StoredEntry } from './registry/store.ts'

/** Objects are parsed only for those who look at them. */
export interface Follower<T extends KubernetesObject> {
  set?(object: T): void
  remove(object: T): void
  /** False when this change is none to the follower. Everything counts unless given. */
  concerns?(entry: StoredEntry<T>, before: StoredEntry<T> | undefined): boolean
}

export interface FollowOptions {
  signal: AbortSignal
  clock: Clock
  logger: Logger
}

/**
 * Tells a follower of every object of a resource, and of each change from then on, in this process and without a client. Resolves when
 * it has been told of all there is.
 */
export function follow<T extends KubernetesObject>(
  store: Store<T>,
  follower: Follower<T>,
  { signal, clock, logger }: FollowOptions,
): Promise<void> {
  return new Promise((synced) => {
    const known = new Map<string, StoredEntry<T>>()
    const run = async () => {
      while (!signal.aborted) {
        try {
          await followOnce(store, follower, { known, signal, synced })
        } catch (error) {
          if (signal.aborted) break
          logger.error({ err: error, resource: store.definition.plural }, 'watch in the server failed')
        }
        if (!signal.aborted) await clock.sleep(100, signal).catch(() => undefined)
      }
      synced()
    }
    void run()
  })
}

interface Following<T extends KubernetesObject> {
  known: Map<string, StoredEntry<T>>
  signal: AbortSignal
  synced: () => void
}

async function followOnce<T extends KubernetesObject>(
  store: Store<T>,
  follower: Follower<T>,
  { known, signal, synced }: Following<T>,
): Promise<void> {
  const events = await store.watch({
    sendInitialEvents: true,
    allowWatchBookmarks: true,
    resourceVersionMatch: 'NotOlderThan',
    signal,
  })
  const unseen = new Set(known.keys())
  const remove = (key: string) => {
    const gone = known.get(key)
    known.delete(key)
    if (gone) follower.remove(gone.object())
  }
  for await (const batch of events)
    for (const { type, entry, initialEventsEnd } of batch) {
      if (type === 'ERROR') return
      if (entry) {
        const key = keyOf(entry)
        unseen.delete(key)
        const before = known.get(key)
        if (type === 'DELETED') remove(key)
        else {
          known.set(key, entry)
          if (follower.set && (follower.concerns?.(entry, before) ?? true)) follower.set(entry.object())
        }
      }
      if (initialEventsEnd) {
        for (const key of unseen) remove(key)
        unseen.clear()
        synced()
      }
    }
}
