import type { AffinityTerm } from '../framework/affinity-term.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import { NodeCounts, type Topology } from './node-counts.ts'

/** Pods that ask for the same: replicas of one workload have one term between them, however many there are. */
export interface AffinityGroup {
  readonly term: AffinityTerm
  readonly kind: 'required' | 'requiredAnti' | 'preferred' | 'preferredAnti'
  /** Of a preferred term. */
  readonly weight: number
  /** How many such pods each node has. */
  readonly nodes: NodeCounts
}

interface KeyedTerm extends Omit<AffinityGroup, 'nodes'> {
  key: string
}

const keysOf = new WeakMap<PodInfo, readonly KeyedTerm[]>()

/** What a pod asks of others, each with the key of its group. */
export function groupedTerms(info: PodInfo): readonly KeyedTerm[] {
  const known = keysOf.get(info)
  if (known) return known
  const { required, requiredAnti, preferred, preferredAnti } = info.affinityTerms
  const keyed = (kind: AffinityGroup['kind']) => (term: AffinityTerm & { weight?: number }) => {
    const weight = term.weight ?? 0
    return { term, kind, weight, key: `${kind} ${weight} ${term.topologyKey} ${term.text}` }
  }
  const terms = [
    ...required.map(keyed('required')),
    ...requiredAnti.map(keyed('requiredAnti')),
    ...preferred.map(keyed('preferred')),
    ...preferredAnti.map(keyed('preferredAnti')),
  ]
  keysOf.set(info, terms)
  return terms
}

/** What pods that are placed ask of others, kept by adding and taking away. */
export class AffinityGroups {
  readonly #topology: Topology
  readonly #groups = new Map<string, AffinityGroup>()

  constructor(topology: Topology) {
    this.#topology = topology
  }

  values(): Iterable<[key: string, group: AffinityGroup]> {
    return this.#groups.entries()
  }

  changed(info: PodInfo, nodeName: string, by: 1 | -1): void {
    for (const { key, ...term } of groupedTerms(info)) {
      const group = this.#groups.get(key) ?? { ...term, nodes: new NodeCounts(this.#topology) }
      this.#groups.set(key, group)
      group.nodes.change(nodeName, by)
      if (group.nodes.size === 0) this.#groups.delete(key)
    }
  }
}
