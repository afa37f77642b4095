import type { HorizontalPodAutoscaler } from '@tandem/api/autoscaling/v2/types'
import { pods as podResource } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { keyOf, type LabelMatcher, matchesLabels, parseLabelSelector } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { combineMetrics, invalidMetrics } from './all-metrics.ts'
import { MetricError, type MetricProposal, proposalFor } from './metric-proposal.ts'
import { MetricsClient } from './metrics-client.ts'
import { longestPeriodMs, normalize } from './normalize.ts'
import { Round } from './round.ts'
import { type FoundScale, ScaleTargets } from './scale-target.ts'
import { ScalingHistory } from './scaling-history.ts'
import { AutoscalerSelectors } from './selectors.ts'
import { type AutoscalingSettings, autoscalingSettings } from './settings.ts'

/** What the controller knows from one round to the next. */
export class Autoscaling {
  readonly #context: ControllerContext
  readonly settings: AutoscalingSettings
  readonly #targets: ScaleTargets
  readonly #metrics: MetricsClient
  readonly #selectors = new AutoscalerSelectors()
  readonly #histories = new Map<string, ScalingHistory>()

  constructor(context: ControllerContext) {
    this.#context = context
    this.settings = autoscalingSettings(context.settings)
    this.#targets = new ScaleTargets(context.client)
    this.#metrics = new MetricsClient(context.client)
  }

  forget(key: { namespace?: string | undefined; name: string }): void {
    this.#selectors.delete(key)
    this.#histories.delete(keyOf(key))
  }

  /** Looks once at one autoscaler's target and metrics, scales if it should be, and says in the status what was found. */
  async sync(autoscaler: HorizontalPodAutoscaler): Promise<void> {
    const round = new Round(autoscaler, this.#context)
    try {
      await this.#scale(round)
    } finally {
      await round.write()
    }
  }

  async #scale(round: Round): Promise<void> {
    const { autoscaler } = round
    const { spec } = autoscaler
    const { namespace = '' } = autoscaler.metadata
    const found = await this.#targets.get(namespace, spec.scaleTargetRef).catch((error: unknown) => {
      round.warn('FailedGetScale', messageOf(error))
      round.set('AbleToScale', 'False', {
        reason: 'FailedGetScale',
        message: `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`,
      })
      throw error
    })
    round.set('AbleToScale', 'True', {
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    })
    const current = found.scale.spec?.replicas ?? 0
    const minReplicas = spec.minReplicas ?? 1
    const now = this.#context.clock.monotonic()
    const history = this.#historyOf(autoscaler, current, now)

    if (current === 0) {
      round.set('ScalingActive', 'False', {
        reason: 'ScalingDisabled',
        message: 'scaling is disabled since the replica count of the target is zero',
      })
      round.scaled({ current, desired: 0 })
      return
    }
    if (current > spec.maxReplicas) {
      const reason = 'Current number of replicas above Spec.MaxReplicas'
      return this.#rescale(round, found, { desired: spec.maxReplicas, reason, history })
    }
    if (current < minReplicas) {
      const reason = 'Current number of replicas below Spec.MinReplicas'
      return this.#rescale(round, found, { desired: minReplicas, reason, history })
    }

    const wanted = await this.#wanted(round, found)
    const { replicas, able, limited } = normalize({
      spec,
      minReplicas,
      currentReplicas: current,
      desiredReplicas: wanted.replicas,
      history,
      downscaleStabilizationMs: this.settings.downscaleStabilizationMs,
      now,
    })
    round.set('AbleToScale', 'True', able)
    round.set('ScalingLimited', limited.isLimited ? 'True' : 'False', limited)
    if (replicas === current) {
      round.scaled({ current, desired: current })
      return
    }
    const reason = reasonFor(wanted, current)
    await this.#rescale(round, found, { desired: replicas, reason, history })
  }

  /** What the metrics ask for. Throws where they do not allow to say. */
  async #wanted(round: Round, { scale }: FoundScale): Promise<{ replicas: number; name: string }> {
    const { autoscaler } = round
    const specs = autoscaler.spec.metrics ?? []
    const specReplicas = scale.spec?.replicas ?? 0
    try {
      const selector = scale.status?.selector ?? ''
      const pods = await this.#podsOf(round, selector)
      const outcomes: (MetricProposal | MetricError)[] = []
      for (const spec of specs)
        outcomes.push(
          await proposalFor(spec, {
            autoscaler,
            metrics: this.#metrics,
            specReplicas,
            statusReplicas: scale.status?.replicas ?? 0,
            selector,
            pods,
            tolerance: this.settings.tolerance,
            readiness: this.settings.readiness,
            now: this.#context.clock.now(),
          }).catch((error: unknown) => {
            if (!(error instanceof MetricError)) throw error
            round.warn(error.reason, error.detail)
            return error
          }),
        )
      const { replicas, name, statuses, active, errors } = combineMetrics(specs, outcomes, specReplicas)
      round.measured(statuses)
      round.set('ScalingActive', active.status, { reason: active.reason ?? '', message: active.message ?? '' })
      const message = errors.length > 0 ? invalidMetrics(errors, specs.length) : undefined
      if (replicas === undefined) throw new Error(message)
      if (message)
        this.#context.logger.debug({ autoscaler: autoscaler.metadata.name, message }, 'not all metrics are there')
      return { replicas, name }
    } catch (error) {
      round.warn('FailedComputeMetricsReplicas', messageOf(error))
      round.seen(specReplicas)
      throw error
    }
  }

  /** The pods that the target's selector matches. Refuses a selector whose pods somebody else scales too. */
  async #podsOf(round: Round, selector: string): Promise<Pod[]> {
    const { metadata } = round.autoscaler
    const { namespace = '', name } = metadata
    const refuse = (
      reason: string,
      { event = reason, text, message = text }: { event?: string; text: string; message?: string },
    ) => {
      round.warn(event, text)
      round.set('ScalingActive', 'False', { reason, message })
      return new Error(text)
    }
    if (selector === '')
      throw refuse('InvalidSelector', {
        event: 'SelectorRequired',
        text: 'selector is required',
        message: "the HPA target's scale is missing a selector",
      })
    let matcher: LabelMatcher
    try {
      matcher = parseLabelSelector(selector)
    } catch (error) {
      const text = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`
      throw refuse('InvalidSelector', { text })
    }
    this.#selectors.set({ namespace, name }, matcher)
    const informer = this.#context.informer(podResource)
    await informer.synced
    const pods = informer.list(namespace).filter((pod) => matchesLabels(matcher, pod.metadata.labels))
    const selecting = this.#selectors.selecting(namespace, pods)
    if (selecting.length > 1) {
      const keys = selecting.map((key) => `{${key.name} ${key.namespace}}`).join(' ')
      throw refuse('AmbiguousSelector', {
        text: `pods by selector ${selector} are controlled by multiple HPAs: [${keys}]`,
      })
    }
    return pods
  }

  async #rescale(
    round: Round,
    found: FoundScale,
    { desired, reason, history }: { desired: number; reason: string; history: ScalingHistory },
  ): Promise<void> {
    const current = found.scale.spec?.replicas ?? 0
    try {
      await this.#targets.set(found, desired)
    } catch (error) {
      round.warn('FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${messageOf(error)}`)
      round.set('AbleToScale', 'False', {
        reason: 'FailedUpdateScale',
        message: `the HPA controller was unable to update the target scale: ${messageOf(error)}`,
      })
      round.seen(current)
      throw error
    }
    round.set('AbleToScale', 'True', {
      reason: 'SucceededRescale',
      message: `the HPA controller was able to update the target scale to ${desired}`,
    })
    round.record('Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)
    const { behavior } = round.autoscaler.spec
    if (behavior) {
      const now = this.#context.clock.monotonic()
      const rules = desired > current ? behavior.scaleUp : behavior.scaleDown
      history.scaled(current, desired, { now, oldest: now - longestPeriodMs(rules) })
    }
    round.scaled({ current, desired })
  }

  #historyOf({ metadata }: HorizontalPodAutoscaler, replicas: number, now: number): ScalingHistory {
    const key = keyOf(metadata)
    const known = this.#histories.get(key)
    if (known) return known
    const history = new ScalingHistory(replicas, now)
    this.#histories.set(key, history)
    return history
  }
}

function reasonFor({ replicas, name }: { replicas: number; name: string }, current: number): string {
  if (replicas > current) return `${name} above target`
  return replicas < current ? 'All metrics below target' : ''
}
