import { parseIPv4Range } from './ipv4-range.ts'

/** Gives each pod an address that no other one has, until the range is used up. */
export class PodAddresses {
  readonly #first: number
  readonly #size: number
  readonly #byPod = new Map<string, number>()
  readonly #taken = new Set<number>()
  #next = 1

  constructor(cidr: string) {
    const { first, size } = parseIPv4Range(cidr)
    this.#first = first
    this.#size = size
  }

  /** The address that the pod has, or one for it; undefined when there is none left. */
  take(uid: string): string | undefined {
    const held = this.#byPod.get(uid)
    if (held !== undefined) return this.#text(held)
    // Neither the first nor the last address of a range is a host's.
    if (this.#taken.size >= this.#size - 2) return undefined
    while (this.#taken.has(this.#next)) this.#advance()
    const offset = this.#next
    this.#hold(uid, offset)
    this.#advance()
    return this.#text(offset)
  }

  /** Notes an address that was given out before this process began. Those of another range are nobody's concern. */
  adopt(uid: string, address: string): void {
    const offset = parseIPv4Range(`${address}/32`).first - this.#first
    if (offset > 0 && offset < this.#size && !this.#taken.has(offset) && !this.#byPod.has(uid)) this.#hold(uid, offset)
  }

  release(uid: string): void {
    const offset = this.#byPod.get(uid)
    if (offset === undefined) return
    this.#byPod.delete(uid)
    this.#taken.delete(offset)
  }

  #hold(uid: string, offset: number): void {
    this.#byPod.set(uid, offset)
    this.#taken.add(offset)
  }

  /** Onward, not back to what was just given up: an address is not soon another pod's. */
  #advance(): void {
    this.#next = this.#next + 1 >= this.#size - 1 ? 1 : this.#next + 1
  }

  #text(offset: number): string {
    const address = this.#first + offset
    return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
  }
}
