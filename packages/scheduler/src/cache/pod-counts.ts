import type { Pod } from '@tandem/api/core/v1/types'

/** Which pods are counted. Equal keys mean equal questions. */
export interface PodQuery {
  key: string
  matches(pod: Pod): boolean
}

interface Answer {
  query: PodQuery
  /** By node; nodes without such a pod are absent. */
  counts: Map<string, number>
}

/** How many questions are kept current. Each costs one match for every pod that comes or goes. */
const maxAnswers = 64

/**
 * How many pods of a kind each node has. A question is answered once by looking at all pods, and from then on kept current as pods come and
 * go: replicas that spread ask the same again and again.
 */
export class PodCounts {
  readonly #answers = new Map<string, Answer>()

  changed(pod: Pod, nodeName: string, by: 1 | -1): void {
    for (const { query, counts } of this.#answers.values()) if (query.matches(pod)) add(counts, nodeName, by)
  }

  count(query: PodQuery, placed: Iterable<{ pod: Pod; nodeName: string }>): ReadonlyMap<string, number> {
    const known = this.#answers.get(query.key)
    if (known) {
      this.#answers.delete(query.key)
      this.#answers.set(query.key, known)
      return known.counts
    }
    const counts = new Map<string, number>()
    for (const { pod, nodeName } of placed) if (query.matches(pod)) add(counts, nodeName, 1)
    this.#answers.set(query.key, { query, counts })
    if (this.#answers.size > maxAnswers) this.#answers.delete(this.#answers.keys().next().value ?? '')
    return counts
  }
}

function add(counts: Map<string, number>, nodeName: string, by: 1 | -1): void {
  const count = (counts.get(nodeName) ?? 0) + by
  if (count > 0) counts.set(nodeName, count)
  else counts.delete(nodeName)
}
