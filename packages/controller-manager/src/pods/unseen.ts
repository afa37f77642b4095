import type { Pod } from '@tandem/api/core/v1/types'
import type { Informer } from '@tandem/client'
import type { Clock } from '@tandem/component-base'

interface Write {
  pod: Pod
  what: 'created' | 'deleted'
  at: number
}

/** An event may be lost; a controller must not stop for it. */
const longestMs = 30_000

/** Writes of pods that the cache does not show yet: until it does, it does not tell how many there are. */
export class UnseenPods {
  readonly #clock: Clock
  readonly #writes = new Map<string, Write[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(key: string, what: 'created' | 'deleted', pod: Pod): void {
    const writes = this.#writes.get(key) ?? []
    this.#writes.set(key, [...writes, { pod, what, at: this.#clock.monotonic() }])
  }

  /** Milliseconds after which they are not waited for any longer; undefined when there are none. */
  waitFor(key: string, informer: Informer<Pod>): number | undefined {
    const now = this.#clock.monotonic()
    const left = (this.#writes.get(key) ?? []).filter((write) => write.at + longestMs > now && !isSeen(write, informer))
    if (left.length === 0) this.#writes.delete(key)
    else this.#writes.set(key, left)
    return left.length === 0 ? undefined : Math.max(...left.map(({ at }) => at + longestMs - now))
  }

  forget(key: string): void {
    this.#writes.delete(key)
  }
}

function isSeen({ pod, what }: Write, informer: Informer<Pod>): boolean {
  const { namespace, name, uid } = pod.metadata
  const cached = informer.get({ namespace, name })
  if (what === 'created') return cached?.metadata.uid === uid
  return !cached || cached.metadata.uid !== uid || cached.metadata.deletionTimestamp !== undefined
}
