import type { PodInfo } from '../framework/pod-info.ts'

/** Which pods wait for room that was made for them, and where. */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOf = new Map<string, string>()

  nominate(pod: PodInfo, nodeName: string): void {
    this.remove(pod.key)
    const pods = this.#byNode.get(nodeName) ?? new Map<string, PodInfo>()
    this.#byNode.set(nodeName, pods.set(pod.key, pod))
    this.#nodeOf.set(pod.key, nodeName)
  }

  remove(key: string): void {
    const nodeName = this.#nodeOf.get(key)
    if (nodeName === undefined) return
    this.#nodeOf.delete(key)
    const pods = this.#byNode.get(nodeName)
    pods?.delete(key)
    if (pods?.size === 0) this.#byNode.delete(nodeName)
  }

  to(nodeName: string): readonly PodInfo[] {
    const pods = this.#byNode.get(nodeName)
    return pods ? [...pods.values()] : none
  }
}

const none: readonly PodInfo[] = []
