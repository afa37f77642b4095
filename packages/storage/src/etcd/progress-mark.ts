/** Someone who is told of all changes, and up to where. */
export interface Follower {
  position: number
}

// Time for what is on its way to arrive: etcd looks after those who read its past ten times a second.
const patience = 150

/**
 * Lets followers get to a revision that changed nothing they are told of: a compaction's, another user's of the same etcd. etcd's own
 * notices of progress overtook events until 3.4.31 and 3.5.13, and come every ten minutes; so a key that nobody reads is written, and
 * whoever is told of it has been told of all before. It is written only when someone waits, and once for all who do.
 */
export class ProgressMark {
  readonly #write: () => Promise<number>
  readonly #followers = new Set<Follower>()
  #wanted = 0
  #written = 0
  #timer: NodeJS.Timeout | undefined

  constructor(write: () => Promise<number>) {
    this.#write = write
  }

  add(follower: Follower): void {
    this.#followers.add(follower)
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower)
  }

  /** All followers are to get to this revision. */
  want(revision: number): void {
    this.#wanted = Math.max(this.#wanted, revision)
    if (this.#isBehind()) this.#look()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#followers.clear()
  }

  #look(): void {
    this.#timer ??= setTimeout(async () => {
      // What was written will be told, however long it takes.
      if (this.#isBehind() && this.#wanted > this.#written)
        this.#written = await this.#write().catch(() => this.#written)
      this.#timer = undefined
      if (this.#isBehind()) this.#look()
    }, patience).unref()
  }

  #isBehind(): boolean {
    for (const { position } of this.#followers) if (position < this.#wanted) return true
    return false
  }
}
