/** A priority queue whose members can be found and taken out by key. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #index = new Map<string, number>()
  readonly #keyOf: (item: T) => string
  readonly #compare: (a: T, b: T) => number

  constructor(options: { key: (item: T) => string; compare: (a: T, b: T) => number }) {
    this.#keyOf = options.key
    this.#compare = options.compare
  }

  get size(): number {
    return this.#items.length
  }

  has(key: string): boolean {
    return this.#index.has(key)
  }

  get(key: string): T | undefined {
    const index = this.#index.get(key)
    return index === undefined ? undefined : this.#items[index]
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** Adds, or replaces what has the same key. */
  push(item: T): void {
    this.delete(this.#keyOf(item))
    this.#place(item, this.#items.length)
    this.#up(this.#items.length - 1)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(this.#keyOf(first))
    return first
  }

  delete(key: string): T | undefined {
    const index = this.#index.get(key)
    if (index === undefined) return undefined
    const removed = this.#items[index]
    const last = this.#items.pop() as T
    this.#index.delete(key)
    if (index < this.#items.length) {
      this.#place(last, index)
      this.#up(index)
      this.#down(this.#index.get(this.#keyOf(last)) ?? index)
    }
    return removed
  }

  values(): readonly T[] {
    return this.#items
  }

  #place(item: T, index: number): void {
    this.#items[index] = item
    this.#index.set(this.#keyOf(item), index)
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a] as T
    this.#place(this.#items[b] as T, a)
    this.#place(item, b)
  }

  #isBefore(a: number, b: number): boolean {
    return this.#compare(this.#items[a] as T, this.#items[b] as T) < 0
  }

  #up(start: number): void {
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #down(start: number): void {
    for (let index = start; ; ) {
      let first = index
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < this.#items.length && this.#isBefore(child, first)) first = child
      if (first === index) return
      this.#swap(index, first)
      index = first
    }
  }
}
