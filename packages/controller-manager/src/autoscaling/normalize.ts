import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '@tandem/api/autoscaling/v2/types'
import type { ScalingHistory } from './scaling-history.ts'

export interface Explained {
  reason: string
  message: string
}

/** How many replicas it will be, and what the conditions AbleToScale and ScalingLimited say of it. */
export interface Normalized {
  replicas: number
  able: Explained
  limited: Explained & { isLimited: boolean }
}

export interface NormalizeInput {
  spec: HorizontalPodAutoscalerSpec
  minReplicas: number
  currentReplicas: number
  /** What metrics ask for. */
  desiredReplicas: number
  history: ScalingHistory
  downscaleStabilizationMs: number
  now: number
}

/** Brings what metrics ask for within bounds, within the rate of change that is allowed, and steadies it. Adds to the history. */
export function normalize(input: NormalizeInput): Normalized {
  const { desiredReplicas } = input
  const stable = input.spec.behavior ? stabilizeByRules(input) : stabilizeDown(input)
  const able = stable.replicas === desiredReplicas ? readyForNewScale : stable
  const { replicas, ...why } = input.spec.behavior
    ? limitByRules(input, stable.replicas)
    : limit(input, stable.replicas)
  return {
    replicas,
    able: { reason: able.reason, message: able.message },
    limited: { ...why, isLimited: replicas !== stable.replicas },
  }
}

type Step = Explained & { replicas: number }

const readyForNewScale: Explained = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const scaleDownStabilized: Explained = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const scaleUpStabilized: Explained = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const withinRange: Explained = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}
const tooFew: Explained = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}
const tooMany: Explained = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const tooFastUp: Explained = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const tooFastDown: Explained = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** No lower than anything recommended lately. */
function stabilizeDown({ desiredReplicas, history, downscaleStabilizationMs, now }: NormalizeInput): Step {
  const oldest = now - downscaleStabilizationMs
  const replicas = Math.max(desiredReplicas, ...history.recommendationsSince(oldest))
  history.recommend(desiredReplicas, { now, oldest })
  return { replicas, ...scaleDownStabilized }
}

/** As it is, unless everything recommended lately was higher, or everything lower; each way has a window of its own. */
function stabilizeByRules(input: NormalizeInput): Step {
  const { spec, desiredReplicas, currentReplicas, history, downscaleStabilizationMs, now } = input
  const since = (rules: HPAScalingRules | undefined, preset: number): number =>
    now - (rules?.stabilizationWindowSeconds === undefined ? preset : rules.stabilizationWindowSeconds * 1000)
  const upSince = since(spec.behavior?.scaleUp, 0)
  const downSince = since(spec.behavior?.scaleDown, downscaleStabilizationMs)
  const lowest = Math.min(desiredReplicas, ...history.recommendationsSince(upSince))
  const highest = Math.max(desiredReplicas, ...history.recommendationsSince(downSince))
  history.recommend(desiredReplicas, { now, oldest: Math.min(upSince, downSince) })
  const replicas = Math.min(Math.max(currentReplicas, lowest), highest)
  return { replicas, ...(desiredReplicas >= currentReplicas ? scaleUpStabilized : scaleDownStabilized) }
}

/** Without rules: to the double, or to four, at once. Guards against a wrong reading. */
const mostAtOnce = (currentReplicas: number): number => Math.max(2 * currentReplicas, 4)

function limit({ spec, minReplicas, currentReplicas }: NormalizeInput, desired: number): Step {
  if (desired < minReplicas) return { replicas: minReplicas, ...tooFew }
  const fastest = mostAtOnce(currentReplicas)
  const most = Math.min(spec.maxReplicas, fastest)
  if (desired > most) return { replicas: most, ...(spec.maxReplicas > fastest ? tooFastUp : tooMany) }
  return { replicas: desired, ...withinRange }
}

function limitByRules(input: NormalizeInput, desired: number): Step {
  const { spec, minReplicas, currentReplicas } = input
  if (desired > currentReplicas) {
    const fastest = Math.max(currentReplicas, rateLimit(input, spec.behavior?.scaleUp ?? {}, up))
    const most = Math.min(spec.maxReplicas, fastest)
    if (desired > most) return { replicas: most, ...(spec.maxReplicas > fastest ? tooFastUp : tooMany) }
  }
  if (desired < currentReplicas) {
    const fastest = Math.min(currentReplicas, rateLimit(input, spec.behavior?.scaleDown ?? {}, down))
    const least = Math.max(minReplicas, fastest)
    if (desired < least) return { replicas: least, ...(minReplicas < fastest ? tooFastDown : tooFew) }
  }
  return { replicas: desired, ...withinRange }
}

/** How far policies let the number go in one direction from where it was when their period began. */
interface Direction {
  byPods(start: number, pods: number): number
  byPercent(start: number, percent: number): number
  /** Of several policies, that which changes most and that which changes least. */
  most(limits: readonly number[]): number
  least(limits: readonly number[]): number
}

const up: Direction = {
  byPods: (start, pods) => start + pods,
  // Rounded so that a small percentage of few still is one.
  byPercent: (start, percent) => Math.ceil(start * (1 + percent / 100)),
  most: (limits) => Math.max(...limits),
  least: (limits) => Math.min(...limits),
}
const down: Direction = {
  byPods: (start, pods) => start - pods,
  byPercent: (start, percent) => Math.trunc(start * (1 - percent / 100)),
  most: (limits) => Math.min(...limits),
  least: (limits) => Math.max(...limits),
}

function rateLimit(
  { currentReplicas, history, now }: NormalizeInput,
  { selectPolicy, policies = [] }: HPAScalingRules,
  direction: Direction,
): number {
  if (selectPolicy === 'Disabled') return currentReplicas
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const start = currentReplicas - history.grownSince(now - periodSeconds * 1000)
    return type === 'Pods' ? direction.byPods(start, value) : direction.byPercent(start, value)
  })
  return selectPolicy === 'Min' ? direction.least(limits) : direction.most(limits)
}

/** The longest time that any policy for this direction looks back. */
export const longestPeriodMs = (rules: HPAScalingRules | undefined): number =>
  Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000
