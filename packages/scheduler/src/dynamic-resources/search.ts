import { randomUUID } from 'node:crypto'
import type { Device, DeviceTaint } from '@tandem/api/resource/v1/types'
import type { AllocatedDevices, Amounts } from './allocated-devices.ts'
import type { Candidate } from './candidates.ts'
import { type Consumption, consumptionOf, hasRoom } from './capacity.ts'
import { PoolCounters } from './counters.ts'
import type { Pool } from './pools.ts'
import { AllocationProblem, type Alternative, maxDevices, nameOf, type PreparedClaim } from './prepared-claim.ts'
import { tolerates } from './tolerations.ts'

/** A device that was chosen, for which alternative. */
export interface ChosenDevice extends Candidate {
  alternative: Alternative
  shareID?: string
  consumed?: Consumption
}

export interface SearchOptions {
  claims: readonly PreparedClaim[]
  candidates: readonly Candidate[]
  allocated: AllocatedDevices
  /** Asked now and then. */
  isOutOfTime(): boolean
}

/** `too many`: more devices than a claim may have, so that fewer for an earlier request could help, and other devices cannot. */
export type Outcome = 'found' | 'none' | 'too many' | 'out of time'

interface Place {
  claim: number
  request: number
}

const askTimeEvery = 256

/** Tries candidates one after the other, claim by claim and request by request, and takes back what leads nowhere. */
export class Search {
  readonly chosen: readonly ChosenDevice[][]
  readonly #claims: readonly PreparedClaim[]
  readonly #candidates: readonly Candidate[]
  readonly #allocated: AllocatedDevices
  readonly #isOutOfTime: () => boolean
  /** Which claims have the device. */
  readonly #holders = new Map<string, Set<number>>()
  readonly #consumed = new Map<string, Map<string, bigint>>()
  readonly #counters = new Map<Pool, PoolCounters>()
  #steps = 0

  constructor({ claims, candidates, allocated, isOutOfTime }: SearchOptions) {
    this.#claims = claims
    this.#candidates = candidates
    this.#allocated = allocated
    this.#isOutOfTime = isOutOfTime
    this.chosen = claims.map(() => [])
  }

  run(): Outcome {
    return this.#claimsFrom(0)
  }

  #claimsFrom(claim: number): Outcome {
    if (claim >= this.#claims.length) return 'found'
    const outcome = this.#requestsFrom({ claim, request: 0 })
    // Another choice for an earlier claim does not make this one smaller.
    return outcome === 'too many' ? 'none' : outcome
  }

  #requestsFrom(place: Place): Outcome {
    const alternatives = this.#claims[place.claim]?.requests[place.request]
    if (!alternatives) return this.#claimsFrom(place.claim + 1)
    let failure: Outcome = 'too many'
    for (const alternative of alternatives) {
      const outcome = this.#devicesFrom(place, { alternative, count: 0, from: 0 })
      if (outcome === 'found' || outcome === 'out of time') return outcome
      if (outcome === 'none') failure = outcome
    }
    return failure
  }

  #devicesFrom(
    place: Place,
    { alternative, count, from }: { alternative: Alternative; count: number; from: number },
  ): Outcome {
    const { all } = alternative
    if (all?.length === 0) return 'none'
    if (count >= alternative.count) return this.#requestsFrom({ ...place, request: place.request + 1 })
    if ((this.chosen[place.claim]?.length ?? 0) + alternative.count - count > maxDevices) return 'too many'
    // All devices are taken one by one in their order. Of others, those before `from` were tried.
    const [start, end] = all ? [count, count + 1] : [from, this.#candidates.length]
    for (let index = start; index < end; index++) {
      if (++this.#steps % askTimeEvery === 0 && this.#isOutOfTime()) return 'out of time'
      const candidate = (all ?? this.#candidates)[index] as Candidate
      const takeBack = this.#take(place, alternative, candidate)
      if (!takeBack) continue
      const outcome = this.#devicesFrom(place, { alternative, count: count + 1, from: index + 1 })
      if (outcome === 'found') return outcome
      takeBack()
      if (outcome !== 'none') return outcome
    }
    return 'none'
  }

  /** Undefined where the device cannot be had. */
  #take({ claim }: Place, alternative: Alternative, candidate: Candidate): (() => void) | undefined {
    const { key, device, pool } = candidate
    const { wants } = alternative
    if (!this.#isFree(claim, alternative, candidate)) return undefined
    if (!alternative.all && !alternative.selects(candidate)) return undefined
    if (isRepelled(device, wants)) return undefined
    const consumed = consumptionOf(device, wants.capacity?.requests ?? {})
    const shares = this.#allocated.shares(key)
    if (!consumed || !hasRoom(device, consumed, [shares, this.#consumed.get(key)])) return undefined

    const undo: (() => void)[] = []
    const takeBack = (): void => {
      for (const step of undo.toReversed()) step()
    }
    const choice = { request: alternative.name, driver: pool.driver, device }
    for (const constraint of this.#claims[claim]?.constraints ?? []) {
      if (constraint.add(choice)) undo.push(() => constraint.remove(choice))
      else {
        takeBack()
        if (alternative.all) throw this.#constraintProblem(claim, alternative, key)
        return undefined
      }
    }
    const isShared = device.allowMultipleAllocations === true
    // Counters are consumed by the first who shares the device.
    if (device.consumesCounters && !(isShared && (shares || this.#consumed.get(key)))) {
      const counters = this.#countersOf(pool)
      if (!counters.take(device)) {
        takeBack()
        return undefined
      }
      undo.push(() => counters.giveBack(device))
    }
    if (isShared) undo.push(this.#consume(key, consumed))
    else undo.push(this.#hold(key, claim))
    this.chosen[claim]?.push({
      ...candidate,
      alternative,
      ...(isShared && { shareID: randomUUID(), ...(consumed.size > 0 && { consumed }) }),
    })
    undo.push(() => this.chosen[claim]?.pop())
    return takeBack
  }

  #isFree(claim: number, { adminAccess }: Alternative, { key, device }: Candidate): boolean {
    const allocated = this.#allocated
    const holders = this.#holders.get(key)
    if (adminAccess) return !holders?.has(claim)
    if (allocated.isTaken(key) || (holders?.size ?? 0) > 0) return false
    return device.allowMultipleAllocations === true || !allocated.shares(key)
  }

  #hold(key: string, claim: number): () => void {
    const holders = this.#holders.get(key) ?? new Set()
    this.#holders.set(key, holders.add(claim))
    return () => holders.delete(claim)
  }

  #consume(key: string, consumed: Consumption): () => void {
    const before: Amounts | undefined = this.#consumed.get(key)
    const after = new Map(before)
    for (const [name, { nanos }] of consumed) after.set(name, (after.get(name) ?? 0n) + nanos)
    this.#consumed.set(key, after)
    return () => {
      if (before) this.#consumed.set(key, new Map(before))
      else this.#consumed.delete(key)
    }
  }

  #countersOf(pool: Pool): PoolCounters {
    const counters = this.#counters.get(pool) ?? new PoolCounters(pool, this.#allocated)
    this.#counters.set(pool, counters)
    return counters
  }

  #constraintProblem(claim: number, { name }: Alternative, device: string): AllocationProblem {
    const who = this.#claims[claim] ? nameOf(this.#claims[claim].claim) : ''
    return new AllocationProblem(
      `claim ${who}, request ${name.split('/').at(-1)}: cannot add device ${device} because a claim constraint would not be satisfied`,
    )
  }
}

const isRepelling = ({ effect }: DeviceTaint): boolean => effect === 'NoSchedule' || effect === 'NoExecute'

const isRepelled = ({ taints = [] }: Device, { tolerations = [] }: Alternative['wants']): boolean =>
  taints.some((taint) => isRepelling(taint) && !tolerations.some((toleration) => tolerates(toleration, taint)))
