import type { Pod } from '@tandem/api/core/v1/types'
import { NodeCounts, type Topology } from './node-counts.ts'

/** Which pods are counted. Equal keys mean equal questions. */
export interface PodQuery {
  key: string
  /** Where such pods are. */
  namespaces: ReadonlySet<string>
  matches(pod: Pod): boolean
}

/** A pod that has its node. */
export interface PlacedPod {
  pod: Pod
  nodeName: string
}

interface Answer {
  query: PodQuery
  counts: NodeCounts
}

/** How many questions are kept current, over all namespaces: as many kinds of replicas as are being placed in turn. */
const maxAnswers = 1024

/**
 * How many pods of a kind each node has. A question is answered once by looking at the pods of its namespaces, and from then on kept current
 * as pods come and go there: replicas that spread ask the same again and again.
 */
export class PodCounts {
  readonly #topology: Topology
  /** By key; the one asked for last is the last. */
  readonly #answers = new Map<string, Answer>()
  readonly #byNamespace = new Map<string, Set<Answer>>()

  constructor(topology: Topology) {
    this.#topology = topology
  }

  changed({ pod, nodeName }: PlacedPod, by: 1 | -1): void {
    for (const { query, counts } of this.#byNamespace.get(pod.metadata.namespace ?? '') ?? [])
      if (query.matches(pod)) counts.change(nodeName, by)
  }

  count(query: PodQuery, placedIn: (namespace: string) => Iterable<PlacedPod>): NodeCounts {
    const known = this.#answers.get(query.key)
    if (known) {
      this.#answers.delete(query.key)
      this.#answers.set(query.key, known)
      return known.counts
    }
    const answer: Answer = { query, counts: new NodeCounts(this.#topology) }
    for (const namespace of query.namespaces) {
      for (const { pod, nodeName } of placedIn(namespace)) if (query.matches(pod)) answer.counts.change(nodeName, 1)
      const answers = this.#byNamespace.get(namespace) ?? new Set()
      this.#byNamespace.set(namespace, answers.add(answer))
    }
    this.#answers.set(query.key, answer)
    if (this.#answers.size > maxAnswers) this.#forgetOldest()
    return answer.counts
  }

  #forgetOldest(): void {
    const [oldest] = this.#answers.values()
    if (!oldest) return
    this.#answers.delete(oldest.query.key)
    for (const namespace of oldest.query.namespaces) {
      const answers = this.#byNamespace.get(namespace)
      answers?.delete(oldest)
      if (answers?.size === 0) this.#byNamespace.delete(namespace)
    }
  }
}
