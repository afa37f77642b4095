/** What the values of labels are on nodes, as far as counting goes. */
export interface Topology {
  /** Changes whenever a node comes or goes, or has other labels. */
  readonly version: number
  /** Undefined for nodes without the label, and for those that are not known. */
  valueOf(nodeName: string, key: string): string | undefined
}

interface Sums {
  version: number
  byValue: Map<string, number>
}

/**
 * How many of something each node has; nodes without any are absent. Sums by the value of a label are kept current too, once somebody has
 * asked for them: replicas that spread ask the same again and again.
 */
export class NodeCounts extends Map<string, number> {
  readonly #topology: Topology
  readonly #sums = new Map<string, Sums>()

  constructor(topology: Topology) {
    super()
    this.#topology = topology
  }

  change(nodeName: string, by: 1 | -1): void {
    changeBy(this, nodeName, by)
    for (const [key, { version, byValue }] of this.#sums) {
      const value = this.#topology.valueOf(nodeName, key)
      if (version !== this.#topology.version) this.#sums.delete(key)
      else if (value !== undefined) changeBy(byValue, value, by)
    }
  }

  byTopology(key: string): ReadonlyMap<string, number> {
    const { version } = this.#topology
    const known = this.#sums.get(key)
    if (known?.version === version) return known.byValue
    const byValue = new Map<string, number>()
    for (const [nodeName, count] of this) {
      const value = this.#topology.valueOf(nodeName, key)
      if (value !== undefined) changeBy(byValue, value, count)
    }
    this.#sums.set(key, { version, byValue })
    return byValue
  }
}

function changeBy(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
