interface Waiting {
  revision: number
  resolve: () => void
}

/** Who waits for a revision to be seen by the caches. */
export class Progress {
  revision = 0
  #waiting = new Set<Waiting>()

  get waiting(): number {
    return this.#waiting.size
  }

  advance(revision: number): void {
    if (revision <= this.revision) return
    this.revision = revision
    for (const waiting of this.#waiting) {
      if (waiting.revision > revision) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  /** Resolves once the revision is seen; undefined when it is already. */
  reached(revision: number): Promise<void> | undefined {
    if (revision <= this.revision) return undefined
    return new Promise((resolve) => this.#waiting.add({ revision, resolve }))
  }

  /** As `reached`, but gives up after some time: what never comes is not waited for by anybody then. */
  reachedWithin(revision: number, milliseconds: number): Promise<boolean> {
    if (revision <= this.revision) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiting = {
        revision,
        resolve: () => {
          clearTimeout(timer)
          resolve(true)
        },
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting)
        resolve(false)
      }, milliseconds)
      this.#waiting.add(waiting)
    })
  }
}
