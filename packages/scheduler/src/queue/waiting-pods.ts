import type { QueuedPod } from './queued-pod.ts'

/** Pods that wait for an event, and who rejected them: an event that concerns none of those plugins costs nothing, however many wait. */
export class WaitingPods {
  readonly #pods = new Map<string, QueuedPod>()
  readonly #rejections = new Map<string, number>()
  #gated = 0

  get size(): number {
    return this.#pods.size
  }

  get gated(): number {
    return this.#gated
  }

  has(key: string): boolean {
    return this.#pods.has(key)
  }

  get(key: string): QueuedPod | undefined {
    return this.#pods.get(key)
  }

  set(pod: QueuedPod): void {
    this.delete(pod.info.key)
    this.#pods.set(pod.info.key, pod)
    this.#count(pod, 1)
  }

  delete(key: string): void {
    const pod = this.#pods.get(key)
    if (!pod) return
    this.#pods.delete(key)
    this.#count(pod, -1)
  }

  /** Pods that at least one of the plugins rejected, or keeps out, which `isConcerned` names. */
  *rejectedBy(isConcerned: (plugin: string) => boolean): Generator<QueuedPod> {
    const concerned = new Set([...this.#rejections.keys()].filter(isConcerned))
    if (concerned.size === 0) return
    for (const pod of [...this.#pods.values()]) {
      if (!pod.unschedulablePlugins.isDisjointFrom(concerned)) yield pod
    }
  }

  values(): Iterable<QueuedPod> {
    return [...this.#pods.values()]
  }

  #count(pod: QueuedPod, by: 1 | -1): void {
    if (pod.gatedBy !== undefined) this.#gated += by
    for (const plugin of pod.unschedulablePlugins) {
      const count = (this.#rejections.get(plugin) ?? 0) + by
      if (count > 0) this.#rejections.set(plugin, count)
      else this.#rejections.delete(plugin)
    }
  }
}
