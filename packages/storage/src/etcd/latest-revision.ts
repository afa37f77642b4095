/**
 * The store's present revision, asked for once for all who want to know it at the same time. Whoever asks while an answer is on its way
 * gets the next one: the one on its way may be older than what the asker was told elsewhere.
 */
export class LatestRevision {
  readonly #ask: () => Promise<number>
  #running: Promise<number> | undefined
  #next: Promise<number> | undefined

  constructor(ask: () => Promise<number>) {
    this.#ask = ask
  }

  read(): Promise<number> {
    if (!this.#running) return this.#start()
    const start = () => this.#start()
    this.#next ??= this.#running.then(start, start)
    return this.#next
  }

  #start(): Promise<number> {
    this.#next = undefined
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }
}
