import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import { tolerationsTolerateTaint } from '@tandem/api/core/v1/toleration'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Clock, Logger } from '@tandem/component-base'
import { isCriticalPod } from '../lifecycle/critical-pod.ts'
import type { Refusal } from '../lifecycle/node-admission.ts'
import { limitsStorage, storageFault } from './local-storage.ts'
import { type EvictionText, evictionText } from './messages.ts'
import type { PodUses } from './pod-use.ts'
import { partsOn, rankForEviction } from './ranking.ts'
import { type Observations, type PressureCondition, type Signal, signalMeanings } from './signals.ts'
import { conditionsOf, isHard, mostUrgent, type Threshold, thresholdsMet, thresholdsUnresolved } from './thresholds.ts'

export interface Eviction extends EvictionText {
  gracePeriodSeconds: number
  /** The threshold or limit that was crossed. */
  signal: string
  /** Of the node's need and no fault of the pod's own: its owners are told so by a condition. */
  disruption: boolean
}

export interface EvictionManagerOptions {
  thresholds: readonly Threshold[]
  /** Milliseconds for which a condition stays after it was last seen. */
  pressureTransitionPeriod: number
  /** The longest grace period of pods that a soft threshold evicts. */
  maxPodGracePeriodSeconds: number
  /** How often the node is looked at. */
  monitoringInterval: number
  observe(): Promise<Observations>
  /** What pods use; of disk only where asked for, because that takes time. */
  uses(pods: readonly Pod[], options: { disk: boolean }): Promise<PodUses>
  dedicatedImageFs(): Promise<boolean>
  /** Pods that count against the node. */
  pods(): readonly Pod[]
  evict(pod: Pod, eviction: Eviction): void
  /** Nothing of the pod runs any more. */
  isOver(pod: Pod): boolean
  /** Takes away what nobody uses. */
  reclaimDisk(): Promise<void>
  /** The node is about to evict for want of this. */
  onAttempt(resource: string): void
  onConditions(): void
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

const immediateGracePeriod = 1
/** An evicted pod is waited for, so that what it gives back is seen before another is evicted. */
const cleanUpTimeout = 30_000
const cleanUpPoll = 250

const memoryPressureTaint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const

/** Keeps the node from running out of memory, disk and processes by ending pods before the kernel has to. */
export class EvictionManager {
  readonly #options: EvictionManagerOptions
  #met: Threshold[] = []
  #firstSeen = new Map<Threshold, number>()
  readonly #conditionSeen = new Map<PressureCondition, number>()
  #conditions: ReadonlySet<PressureCondition> = new Set()

  constructor(options: EvictionManagerOptions) {
    this.#options = options
  }

  get conditions(): ReadonlySet<PressureCondition> {
    return this.#conditions
  }

  /** Why a pod may not start here now. Under memory pressure alone, those that asked for memory may. */
  refusal(pod: Pod): Refusal | undefined {
    if (this.#conditions.size === 0 || isCriticalPod(pod)) return undefined
    if (this.#conditions.size === 1 && this.#conditions.has('MemoryPressure')) {
      if (qosClassOf(pod) !== 'BestEffort') return undefined
      if (tolerationsTolerateTaint(pod.spec.tolerations, memoryPressureTaint)) return undefined
    }
    return { reason: 'Evicted', message: `The node had condition: [${[...this.#conditions].sort().join(' ')}]. ` }
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { clock, logger, monitoringInterval, signal } = this.#options
    while (!signal.aborted) {
      try {
        const evicted = await this.synchronize()
        if (evicted.length > 0) {
          await this.#cleanUp(evicted)
          continue
        }
      } catch (error) {
        logger.warn({ error }, 'eviction manager: failed to synchronize')
      }
      await clock.sleep(monitoringInterval, signal).catch(() => {})
    }
  }

  /** One look at the node; resolves to the pods that were evicted. */
  async synchronize(): Promise<Pod[]> {
    const { clock, onConditions } = this.#options
    const [observations, dedicatedImageFs] = await Promise.all([
      this.#options.observe(),
      this.#options.dedicatedImageFs(),
    ])
    const now = clock.monotonic()
    const crossed = new Set([
      ...thresholdsMet(this.#options.thresholds, observations),
      ...thresholdsUnresolved(this.#met, observations),
    ])
    this.#firstSeen = new Map([...crossed].map((threshold) => [threshold, this.#firstSeen.get(threshold) ?? now]))
    const before = [...this.#conditions].join()
    this.#conditions = this.#conditionsNow(conditionsOf([...crossed]), now)
    if ([...this.#conditions].join() !== before) onConditions()
    this.#met = [...crossed].filter(
      (threshold) => now - (this.#firstSeen.get(threshold) ?? now) >= threshold.gracePeriod,
    )

    const outgrown = await this.#evictOutgrown(dedicatedImageFs)
    if (outgrown.length > 0) return outgrown
    const threshold = mostUrgent(this.#met)
    return threshold ? this.#reclaim(threshold, { observations, dedicatedImageFs }) : []
  }

  #conditionsNow(seen: ReadonlySet<PressureCondition>, now: number): Set<PressureCondition> {
    for (const condition of seen) this.#conditionSeen.set(condition, now)
    const recent = [...this.#conditionSeen].filter(
      ([condition, at]) => seen.has(condition) || now - at < this.#options.pressureTransitionPeriod,
    )
    return new Set(recent.map(([condition]) => condition).sort())
  }

  /** Pods that use more local storage than they themselves allow go whatever the node has left. */
  async #evictOutgrown(dedicatedImageFs: boolean): Promise<Pod[]> {
    const limited = this.#options.pods().filter(limitsStorage)
    if (limited.length === 0) return []
    const uses = await this.#options.uses(limited, { disk: true })
    return limited.filter((pod) => {
      const use = uses.get(pod.metadata.uid)
      const fault = use && storageFault(pod, use, { dedicatedImageFs })
      return (
        fault &&
        this.#evict(pod, { ...fault, annotations: {}, gracePeriodSeconds: immediateGracePeriod, disruption: false })
      )
    })
  }

  async #reclaim(
    threshold: Threshold,
    { observations, dedicatedImageFs }: { observations: Observations; dedicatedImageFs: boolean },
  ): Promise<Pod[]> {
    const { resource, condition } = signalMeanings[threshold.signal]
    const { logger, onAttempt } = this.#options
    logger.info({ resource, signal: threshold.signal }, 'eviction manager: attempting to reclaim')
    onAttempt(resource)
    if (condition === 'DiskPressure' && (await this.#reclaimDisk(threshold.signal, dedicatedImageFs))) return []
    const pods = this.#options.pods()
    const uses = await this.#options.uses(pods, { disk: condition === 'DiskPressure' })
    const thresholds = this.#met
    for (const pod of rankForEviction(pods, { signal: threshold.signal, uses, dedicatedImageFs })) {
      const use = uses.get(pod.metadata.uid)
      const text = evictionText(pod, { resource, use, thresholds, observations })
      const gracePeriodSeconds = this.#gracePeriod(pod, threshold)
      if (this.#evict(pod, { ...text, gracePeriodSeconds, signal: threshold.signal, disruption: true })) return [pod]
    }
    logger.warn({ resource }, 'eviction manager: unable to evict any pods from the node')
    return []
  }

  /** Room is made without ending pods, where that is enough. */
  async #reclaimDisk(signal: Signal, dedicatedImageFs: boolean): Promise<boolean> {
    if (!partsOn(signal, dedicatedImageFs).includes('writableLayers')) return false
    await this.#options.reclaimDisk()
    return thresholdsUnresolved(this.#options.thresholds, await this.#options.observe()).length === 0
  }

  #gracePeriod(pod: Pod, threshold: Threshold): number {
    if (isHard(threshold)) return immediateGracePeriod
    const { maxPodGracePeriodSeconds: most } = this.#options
    return Math.min(most, pod.spec.terminationGracePeriodSeconds ?? most)
  }

  #evict(pod: Pod, eviction: Eviction): boolean {
    if (isCriticalPod(pod)) {
      this.#options.logger.warn({ pod: pod.metadata.name }, 'eviction manager: cannot evict a critical pod')
      return false
    }
    this.#options.evict(pod, eviction)
    return true
  }

  async #cleanUp(evicted: readonly Pod[]): Promise<void> {
    const { clock, isOver, signal } = this.#options
    const deadline = clock.monotonic() + cleanUpTimeout
    while (!signal.aborted && clock.monotonic() < deadline && !evicted.every(isOver))
      await clock.sleep(cleanUpPoll, signal).catch(() => {})
  }
}
