import { parseQuantity, quantityValue } from '@tandem/apimachinery'
import { parseDuration } from '@tandem/component-base/duration'
import { UsageError } from '@tandem/component-base/flags/index'
import {
  isSignal,
  type Observation,
  type Observations,
  type PressureCondition,
  type Signal,
  signalMeanings,
} from './signals.ts'

/** An amount, or a share of the capacity from 0 to 1. */
export type ThresholdValue = { amount: number } | { share: number }

export interface Threshold {
  signal: Signal
  value: ThresholdValue
  /** Milliseconds below the threshold before pods are evicted; 0 for a hard threshold. */
  gracePeriod: number
  minimumReclaim?: ThresholdValue
}

export interface ThresholdFlags {
  evictionHard: Readonly<Record<string, string>>
  evictionSoft: Readonly<Record<string, string>>
  evictionSoftGracePeriod: Readonly<Record<string, string>>
  evictionMinimumReclaim: Readonly<Record<string, string>>
}

/** Upstream's, where nothing else is said. */
export const defaultEvictionHard: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
}

/** Throws UsageError. */
export function parseThresholds(flags: ThresholdFlags): Threshold[] {
  const minimumReclaims = new Map(entriesOf(flags.evictionMinimumReclaim, minimumReclaimOf))
  const gracePeriods = new Map(entriesOf(flags.evictionSoftGracePeriod, gracePeriodOf))
  const reclaim = (signal: Signal) => {
    const minimumReclaim = minimumReclaims.get(signal)
    return minimumReclaim ? { minimumReclaim } : {}
  }
  const hard = entriesOf(flags.evictionHard, thresholdValue).flatMap(([signal, value]) =>
    value ? [{ signal, value, gracePeriod: 0, ...reclaim(signal) }] : [],
  )
  const soft = entriesOf(flags.evictionSoft, thresholdValue).flatMap(([signal, value]) => {
    const gracePeriod = gracePeriods.get(signal)
    if (gracePeriod === undefined)
      throw new UsageError(`grace period must be specified for the soft eviction threshold ${signal}`)
    return value ? [{ signal, value, gracePeriod, ...reclaim(signal) }] : []
  })
  // What all pods may have together is watched as the node's memory is.
  const allocatable = hard
    .filter(({ signal }) => signal === 'memory.available')
    .map((threshold) => ({ ...threshold, signal: 'allocatableMemory.available' as const }))
  return [...hard, ...soft, ...allocatable]
}

function entriesOf<T>(
  statements: Readonly<Record<string, string>>,
  parse: (signal: Signal, text: string) => T,
): [Signal, T][] {
  return Object.entries(statements).map(([signal, text]) => {
    if (!isSignal(signal)) throw new UsageError(`unsupported eviction signal ${signal}`)
    return [signal, parse(signal, text)]
  })
}

/** Undefined for what stands for no threshold at all. */
function thresholdValue(signal: Signal, text: string): ThresholdValue | undefined {
  if (text.endsWith('%')) {
    if (text === '0%' || text === '100%') return undefined
    const share = shareOf(text)
    if (share < 0) throw new UsageError(`eviction percentage threshold ${signal} must be >= 0%: ${text}`)
    if (share > 1) throw new UsageError(`eviction percentage threshold ${signal} must be <= 100%: ${text}`)
    return { share }
  }
  const amount = amountOf(text)
  if (amount <= 0) throw new UsageError(`eviction threshold ${signal} must be positive: ${text}`)
  return { amount }
}

function minimumReclaimOf(signal: Signal, text: string): ThresholdValue {
  if (text.endsWith('%')) {
    const share = shareOf(text)
    if (share <= 0) throw new UsageError(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`)
    return { share }
  }
  const amount = amountOf(text)
  if (amount < 0) throw new UsageError(`negative eviction minimum reclaim specified for ${signal}`)
  return { amount }
}

function gracePeriodOf(_: Signal, text: string): number {
  const period = parseDuration(text)
  if (period < 0) throw new UsageError(`invalid eviction grace period specified: ${text}, must be a positive value`)
  return period
}

function shareOf(text: string): number {
  const share = Number(text.slice(0, -1)) / 100
  if (Number.isNaN(share)) throw new UsageError(`invalid percentage: ${text}`)
  return share
}

function amountOf(text: string): number {
  try {
    return quantityValue(parseQuantity(text))
  } catch (cause) {
    throw new UsageError(`invalid quantity: ${text}`, { cause })
  }
}

export const isHard = ({ gracePeriod }: Threshold): boolean => gracePeriod === 0

export const amountFor = (value: ThresholdValue, { capacity }: Observation): number =>
  'amount' in value ? value.amount : Math.floor(capacity * value.share)

/** Which thresholds what was seen falls below. */
export const thresholdsMet = (thresholds: readonly Threshold[], observations: Observations): Threshold[] =>
  thresholds.filter((threshold) => isBelow(threshold, observations, 0))

/** Those that were fallen below and have not yet been given back what they want besides. */
export const thresholdsUnresolved = (thresholds: readonly Threshold[], observations: Observations): Threshold[] =>
  thresholds.filter((threshold) => {
    const observed = observations.get(threshold.signal)
    const { minimumReclaim } = threshold
    return observed && isBelow(threshold, observations, minimumReclaim ? amountFor(minimumReclaim, observed) : 0)
  })

function isBelow({ signal, value }: Threshold, observations: Observations, more: number): boolean {
  const observed = observations.get(signal)
  return observed !== undefined && amountFor(value, observed) + more > observed.available
}

export const conditionsOf = (thresholds: readonly Threshold[]): Set<PressureCondition> =>
  new Set(thresholds.map(({ signal }) => signalMeanings[signal].condition))

/** The one to be dealt with first: memory before anything else. */
export const mostUrgent = (thresholds: readonly Threshold[]): Threshold | undefined =>
  thresholds.find(({ signal }) => signalMeanings[signal].resource === 'memory') ?? thresholds[0]
