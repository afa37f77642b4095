interface Waiting {
  revision: number
  resolve: () => void
}

/** Who waits for a revision to be seen by the caches. */
export class Progress {
  revision = 0
  #waiting: Waiting[] = []

  advance(revision: number): void {
    if (revision <= this.revision) return
    this.revision = revision
    if (this.#waiting.length === 0) return
    const still: Waiting[] = []
    for (const waiting of this.#waiting) {
      if (waiting.revision <= revision) waiting.resolve()
      else still.push(waiting)
    }
    this.#waiting = still
  }

  /** Resolves once the revision is seen; undefined when it is already. */
  reached(revision: number): Promise<void> | undefined {
    if (revision <= this.revision) return undefined
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }))
  }

  /** As `reached`, but gives up after some time. */
  async reachedWithin(revision: number, milliseconds: number): Promise<boolean> {
    const reached = this.reached(revision)
    if (!reached) return true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), milliseconds)
    })
    try {
      return await Promise.race([reached.then(() => true), late])
    } finally {
      clearTimeout(timer)
    }
  }
}
