import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConfigMap, collection, generationOf, type Outcome } from './recorded-writer.ts'
import type { ServerProcess } from './server-process.ts'

export interface Seen {
  name: string
  outcome: Outcome | undefined
  revision: number
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: ConfigMap
}

/** Watches from a revision on, and from where it got to whenever the server is killed. */
export class RecordedWatcher {
  readonly seen: Seen[] = []
  readonly faults: string[] = []
  resumed = 0
  #position: number
  #server: ServerProcess
  #going = true

  constructor(server: ServerProcess, from: number) {
    this.#server = server
    this.#position = from
  }

  get position(): number {
    return this.#position
  }

  stop(): void {
    this.#going = false
  }

  async run(): Promise<void> {
    while (this.#going) {
      try {
        await this.#watch()
      } catch {
        // The server is gone.
      }
      this.resumed++
      await sleep(10)
    }
  }

  async #watch(): Promise<void> {
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${this.#position}`
    const { body } = await this.#server.ask('GET', `${collection}?${query}`)
    for await (const line of createInterface({ input: body })) {
      const event = whole(line)
      if (event) this.#take(event)
      if (!this.#going) return
    }
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      this.faults.push(`from ${this.#position}: ${JSON.stringify(object)}`)
      return
    }
    const revision = Number(object.metadata.resourceVersion)
    const { name } = object.metadata
    if (type === 'BOOKMARK') {
      if (revision < this.#position) this.faults.push(`a bookmark of ${revision} after ${this.#position}`)
    } else {
      if (revision <= this.#position) this.faults.push(`${name}: revision ${revision} after ${this.#position}`)
      this.seen.push({ name, outcome: type === 'DELETED' ? 'gone' : generationOf(object), revision })
    }
    this.#position = revision
  }
}

/** The last line of a connection that breaks may be torn. */
function whole(line: string): WatchEvent | undefined {
  try {
    return JSON.parse(line) as WatchEvent
  } catch {
    return undefined
  }
}
