/** Who holds which numbers. One number has one holder; a second claim of what is restored from storage is remembered as a fault. */
export class Claims {
  #holders = new Map<number, string>()

  holderOf(number: number): string | undefined {
    return this.#holders.get(number)
  }

  isTaken = (number: number): boolean => this.#holders.has(number)

  claim(number: number, holder: string): boolean {
    const present = this.#holders.get(number)
    if (present !== undefined && present !== holder) return false
    this.#holders.set(number, holder)
    return true
  }

  release(number: number, holder: string): void {
    if (this.#holders.get(number) === holder) this.#holders.delete(number)
  }

  get size(): number {
    return this.#holders.size
  }

  entries(): IterableIterator<[number, string]> {
    return this.#holders.entries()
  }
}
