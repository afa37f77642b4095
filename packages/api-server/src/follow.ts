import { type KubernetesObject, keyOf } from '@tandem/apimachinery'
import type { Clock, Logger } from '@tandem/component-base'
import type { Store } from './registry/store.ts'

export interface Follower<T> {
  set(object: T): void
  remove(object: T): void
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
  options: FollowOptions,
): Promise<void> {
  const { signal, clock, logger } = options
  return new Promise((synced) => {
    const known = new Map<string, T>()
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

interface Following<T> {
  known: Map<string, T>
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
  let unseen: Set<string> | undefined = new Set(known.keys())
  for await (const batch of events)
    for (const { type, entry, initialEventsEnd } of batch) {
      if (entry) {
        const object = entry.object()
        const key = keyOf(entry)
        unseen?.delete(key)
        if (type === 'DELETED') {
          known.delete(key)
          follower.remove(object)
        } else {
          known.set(key, object)
          follower.set(object)
        }
      }
      if (type === 'ERROR') return
      if (initialEventsEnd) {
        for (const key of unseen ?? []) {
          const gone = known.get(key)
          known.delete(key)
          if (gone) follower.remove(gone)
        }
        unseen = undefined
        synced()
      }
    }
}
