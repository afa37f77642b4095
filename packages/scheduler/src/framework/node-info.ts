import type { Node } from '@tandem/api/core/v1/types'
import type { PodInfo } from './pod-info.ts'
import { addAmounts, listAmounts, noResources, type ResourceAmounts } from './resources.ts'

/** A node and what is placed on it, summed up as pods come and go. */
export class NodeInfo {
  readonly name: string
  /** Absent while only its pods are known. */
  #node: Node | undefined
  allocatable: ResourceAmounts = noResources()
  allowedPods = 0
  readonly pods = new Map<string, PodInfo>()
  readonly requested: ResourceAmounts = noResources()
  readonly nonZeroRequested: ResourceAmounts = noResources()
  /** Bytes of images present, by every name they have. */
  readonly images = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  /** Plugins are only ever given nodes that are known. */
  get node(): Node {
    if (!this.#node) throw new Error(`node ${this.name} is not known`)
    return this.#node
  }

  get isKnown(): boolean {
    return this.#node !== undefined
  }

  setNode(node: Node | undefined): void {
    this.#node = node
    this.allocatable = listAmounts(node?.status?.allocatable)
    this.allowedPods = Number(node?.status?.allocatable?.pods ?? 0)
    this.images.clear()
    for (const { names = [], sizeBytes = 0 } of node?.status?.images ?? [])
      for (const name of names) this.images.set(name, Number(sizeBytes))
  }

  addPod(pod: PodInfo): void {
    this.removePod(pod.key)
    this.pods.set(pod.key, pod)
    addAmounts(this.requested, pod.requests)
    addAmounts(this.nonZeroRequested, pod.nonZeroRequests)
  }

  removePod(key: string): PodInfo | undefined {
    const pod = this.pods.get(key)
    if (!pod) return undefined
    this.pods.delete(key)
    addAmounts(this.requested, pod.requests, -1)
    addAmounts(this.nonZeroRequested, pod.nonZeroRequests, -1)
    return pod
  }

  /** For trying out what would be if pods were not there. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name)
    copy.setNode(this.#node)
    for (const pod of this.pods.values()) copy.addPod(pod)
    return copy
  }
}
