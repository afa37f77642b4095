const limit = 5

/** Long work calls `take` between its steps: it lets others run once it has held the event loop for some milliseconds. */
export class Turns {
  #started = performance.now()

  take(): Promise<void> | undefined {
    if (performance.now() - this.#started < limit) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#started = performance.now()
        resolve()
      }),
    )
  }
}
