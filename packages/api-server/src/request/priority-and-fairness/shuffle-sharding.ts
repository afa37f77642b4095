import { createHash } from 'node:crypto'

const mostFlows = 10_000

/**
 * Deals each flow a hand of queues. Two flows seldom have the same hand, so that a flow that fills all its queues leaves others some
 * of theirs. A flow's hand is always the same.
 */
export class Dealer {
  readonly #queues: number
  readonly #handSize: number
  /** A hand costs more than all the rest of a request's way through its level: those of flows seen are kept. */
  readonly #hands = new Map<string, readonly number[]>()

  constructor(queues: number, handSize: number) {
    this.#queues = queues
    this.#handSize = handSize
  }

  hand(flow: string): readonly number[] {
    const known = this.#hands.get(flow)
    if (known) return known
    if (this.#hands.size >= mostFlows) this.#hands.clear()
    const hand = deal(hashOf(flow), { queues: this.#queues, handSize: this.#handSize })
    this.#hands.set(flow, hand)
    return hand
  }
}

const hashOf = (flow: string): bigint => createHash('sha256').update(flow).digest().readBigUInt64LE(0)

/** Draws cards without putting them back: the hash is read as a number whose digits have bases `queues`, `queues - 1`, … */
export function deal(hash: bigint, { queues, handSize }: { queues: number; handSize: number }): readonly number[] {
  const drawn: number[] = []
  let rest = hash
  for (let left = queues; drawn.length < handSize; left--) {
    drawn.push(Number(rest % BigInt(left)))
    rest /= BigInt(left)
  }
  // A digit counts the cards that are still in the deck: step over those that were dealt before.
  return drawn.map((card, index) => {
    for (let before = index; before > 0; before--) if (card >= (drawn[before - 1] ?? 0)) card++
    return card
  })
}
