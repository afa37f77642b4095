const slabBytes = 256 << 10

/**
 * Room for the bytes of many small objects that come to be together. A buffer of its own costs each of them some two hundred bytes of
 * bookkeeping, and leaves memory full of holes where it lay beside what it was made of.
 *
 * What is packed keeps its neighbours' memory: as much again, at most, as there was when all of it was packed.
 */
export class PackedBytes {
  #slab = Buffer.alloc(0)
  #used = 0

  readonly allocate = (length: number): Buffer => {
    if (length > slabBytes / 8) return Buffer.allocUnsafeSlow(length)
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes)
      this.#used = 0
    }
    const start = this.#used
    this.#used += length
    return this.#slab.subarray(start, this.#used)
  }
}
