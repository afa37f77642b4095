import { podRequests } from '@tandem/api/core/v1/pod-resources'
import type { Pod } from '@tandem/api/core/v1/types'
import { compareQuantities, parseQuantity, quantityMilliValue, quantityValue } from '@tandem/apimachinery'
import type { PodState } from '../container-runtime/runtime.ts'
import type { ConditionVerdict } from '../lifecycle/pod-conditions.ts'
import { type ContainerResize, containerResizes } from './container-resize.ts'
import type { ContainerToKill } from './pod-actions.ts'
import type { PodServices } from './services.ts'

export interface ResizeOutcome {
  /** Containers have other resources than `state` says. */
  changed: boolean
  /** Those that take their new resources by a new start. */
  restarts: ContainerToKill[]
  /** Why the pod does not have what it asks for, if it does not. */
  condition?: ConditionVerdict
}

const nothing: ResizeOutcome = { changed: false, restarts: [] }

/** Gives the running containers of a pod what its spec has come to say, unless the node cannot. */
export class PodResizer {
  readonly #services: PodServices
  /** What each container was last given: an engine that rounds is not asked again and again. */
  readonly #given = new Map<string, string>()

  constructor(services: PodServices) {
    this.#services = services
  }

  async resize(pod: Pod, state: PodState): Promise<ResizeOutcome> {
    const { node, cgroups } = this.#services
    const resizes = containerResizes(pod, state, node.memoryBytes).filter(
      ({ id, resources }) => this.#given.get(id) !== JSON.stringify(resources),
    )
    if (resizes.length === 0) return nothing
    const pending = (reason: 'Infeasible' | 'Deferred', message: string): ResizeOutcome => ({
      ...nothing,
      condition: { type: 'PodResizePending', status: 'True', reason, message },
    })
    const excess = excessOf(pod, node.allocatable())
    if (excess) return pending('Infeasible', excess)
    const refusal = this.#services.refusal(pod)
    if (refusal?.reason.startsWith('OutOf')) return pending('Deferred', refusal.message)
    const inPlace = resizes.filter(({ restart }) => !restart)
    try {
      await this.#update(inPlace.filter(({ lessCpu }) => lessCpu))
      await cgroups.createPod(pod)
      await this.#update(inPlace.filter(({ lessCpu }) => !lessCpu))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return {
        changed: true,
        restarts: [],
        condition: { type: 'PodResizeInProgress', status: 'True', reason: 'Error', message },
      }
    }
    const restarts = resizes.filter(({ restart }) => restart)
    return {
      changed: inPlace.length > 0,
      restarts: restarts.map(({ id, container: { name } }) => ({
        id,
        name,
        message: `Container ${name} resize requires restart`,
      })),
      // Until they have been started anew they have what they had.
      ...(restarts.length > 0 ? { condition: { type: 'PodResizeInProgress', status: 'True' } } : {}),
    }
  }

  async #update(resizes: readonly ContainerResize[]): Promise<void> {
    for (const { id, resources } of resizes) {
      await this.#services.runtime.updateContainer(id, resources)
      this.#given.set(id, JSON.stringify(resources))
    }
  }
}

/** More than the node would have for it if it were alone. */
function excessOf(pod: Pod, allocatable: Readonly<Record<string, string>>): string | undefined {
  for (const [name, requested] of podRequests(pod)) {
    const text = allocatable[name]
    if (text === undefined) continue
    const capacity = parseQuantity(text)
    if (compareQuantities(requested, capacity) <= 0) continue
    const amount = name === 'cpu' ? quantityMilliValue : quantityValue
    return `Node didn't have enough capacity: ${name}, requested: ${amount(requested)}, capacity: ${amount(capacity)}`
  }
  return undefined
}
