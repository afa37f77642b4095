/** How long a piece of long work may hold the event loop, in milliseconds. */
const limit = 3

const waiting: (() => void)[] = []

/** One piece of long work runs between two rounds of the event loop, however many lists are under way. */
function wakeNext(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(wakeNext)
}

/** Waits for a turn among all long work of this process. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(wakeNext)
  })

/** Long work calls `take` between its steps: it lets others run once it has held the event loop for some milliseconds. */
export class Turns {
  #started = performance.now()

  get isOver(): boolean {
    return performance.now() - this.#started >= limit
  }

  take(): Promise<void> | undefined {
    return this.isOver ? this.next() : undefined
  }

  async next(): Promise<void> {
    await turn()
    this.#started = performance.now()
  }
}
