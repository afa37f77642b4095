import type { PodInfo } from '../framework/pod-info.ts'

/** Which pods wait for room that was made for them, and where. */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>()
  readonly #nodeOf = new Map<string, string>()
  readonly #released: (pod: PodInfo) => void

  /** `released`: a pod waits for its room no longer, so that others may have it. */
  constructor(released: (pod: PodInfo) => void = () => {}) {
    this.#released = released
  }

  nominate(pod: PodInfo, nodeName: string): void {
    if (this.#nodeOf.get(pod.key) === nodeName) this.placed(pod.key)
    else this.remove(pod.key)
    const pods = this.#byNode.get(nodeName) ?? new Map<string, PodInfo>()
    this.#byNode.set(nodeName, pods.set(pod.key, pod))
    this.#nodeOf.set(pod.key, nodeName)
  }

  /** The pod needs no room any more, or looks for it elsewhere. */
  remove(key: string): void {
    const pod = this.placed(key)
    if (pod) this.#released(pod)
  }

  /** The pod has its room: nobody else gets it. Returns the pod if it waited. */
  placed(key: string): PodInfo | undefined {
    const nodeName = this.#nodeOf.get(key)
    if (nodeName === undefined) return undefined
    this.#nodeOf.delete(key)
    const pods = this.#byNode.get(nodeName)
    const pod = pods?.get(key)
    pods?.delete(key)
    if (pods?.size === 0) this.#byNode.delete(nodeName)
    return pod
  }

  to(nodeName: string): readonly PodInfo[] {
    const pods = this.#byNode.get(nodeName)
    return pods ? [...pods.values()] : none
  }
}

const none: readonly PodInfo[] = []
