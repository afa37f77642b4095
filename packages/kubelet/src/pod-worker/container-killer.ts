import type { Container, Pod } from '@tandem/api/core/v1/types'
import type { ContainerState } from '../container-runtime/runtime.ts'
import { findContainer } from '../lifecycle/pod-containers.ts'
import { isSidecar } from '../lifecycle/restart-policy.ts'
import type { PodServices } from './services.ts'

/** However short the grace period: time for a clean end. */
const minimumGracePeriod = 2

export interface Kill {
  pod: Pod
  target: ContainerState
  message: string
  reason?: 'LivenessProbe' | 'StartupProbe'
  gracePeriodSeconds?: number
  podIP: string | undefined
  /** Resolves when it is this container's turn to end. */
  turn?: Promise<unknown>
}

/** Ends containers: preStop hook, stop signal, and SIGKILL when the grace period is over. */
export class ContainerKiller {
  readonly #services: PodServices

  constructor(services: PodServices) {
    this.#services = services
  }

  async kill({ pod, target, message, reason, gracePeriodSeconds, podIP, turn }: Kill): Promise<void> {
    const { runtime, events, clock } = this.#services
    const container = findContainer(pod, target.name)?.container
    const grace = gracePeriodSeconds ?? gracePeriodOf(pod, container, reason)
    events.record(pod, {
      type: 'Normal',
      reason: 'Killing',
      message: message || `Stopping container ${target.name}`,
      container: target.name,
    })
    const startedAt = clock.monotonic()
    const left = (): number => Math.max(0, grace - (clock.monotonic() - startedAt) / 1000)

    const preStop = container?.lifecycle?.preStop
    if (container && preStop && grace > 0) await this.#preStop({ pod, container, target, preStop, podIP, grace })
    if (turn && left() > 0) await Promise.race([turn, clock.sleep(left() * 1000)])
    await runtime.stopContainer(target.id, { gracePeriodSeconds: Math.max(minimumGracePeriod, Math.ceil(left())) })
  }

  async #preStop(hook: {
    pod: Pod
    container: Container
    target: ContainerState
    preStop: NonNullable<NonNullable<Container['lifecycle']>['preStop']>
    podIP: string | undefined
    grace: number
  }): Promise<void> {
    const { hooks, events, clock, logger } = this.#services
    const { pod, container, target, preStop: handler, podIP, grace } = hook
    const timeout = new AbortController()
    const cancel = clock.after(grace * 1000, () => timeout.abort(new Error('preStop hook outlasted the grace period')))
    try {
      await hooks.run({ pod, container, containerId: target.id, handler, podIP, signal: timeout.signal })
    } catch {
      if (timeout.signal.aborted)
        logger.warn({ pod: pod.metadata.name, container: container.name }, 'preStop hook timed out')
      else
        events.record(pod, {
          type: 'Warning',
          reason: 'FailedPreStopHook',
          message: 'PreStopHook failed',
          container: container.name,
        })
    } finally {
      cancel()
    }
  }

  /** Ends all of them: containers side by side, and sidecars after them, the last started first. */
  async killAll(
    pod: Pod,
    running: readonly ContainerState[],
    options: { gracePeriodSeconds?: number; podIP: string | undefined },
  ): Promise<void> {
    const sidecarNames = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name)
    const ofSidecar = (name: string) => running.find((state) => state.name === name)
    const kill = (target: ContainerState, turn?: Promise<unknown>): Promise<void> =>
      this.kill({ pod, target, message: '', ...options, ...(turn && { turn }) })

    const all: Promise<void>[] = running
      .filter(({ name }) => !sidecarNames.includes(name))
      .map((target) => kill(target))
    let earlier: Promise<unknown> = Promise.allSettled([...all])
    for (const name of sidecarNames.toReversed()) {
      const target = ofSidecar(name)
      if (!target) continue
      const ended = kill(target, earlier)
      all.push(ended)
      earlier = Promise.allSettled([earlier, ended])
    }
    const failures = (await Promise.allSettled(all)).filter((result) => result.status === 'rejected')
    if (failures[0]) throw failures[0].reason
  }
}

/** Seconds from the decision to end a container until it is killed. */
export function gracePeriodOf(
  pod: Pod,
  container: Container | undefined,
  reason?: 'LivenessProbe' | 'StartupProbe',
): number {
  const probe =
    reason === 'LivenessProbe'
      ? container?.livenessProbe
      : reason === 'StartupProbe'
        ? container?.startupProbe
        : undefined
  return (
    pod.metadata.deletionGracePeriodSeconds ??
    probe?.terminationGracePeriodSeconds ??
    pod.spec.terminationGracePeriodSeconds ??
    30
  )
}
