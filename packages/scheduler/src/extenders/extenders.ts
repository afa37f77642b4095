import type { Pod } from '@tandem/api/core/v1/types'
import type { Logger } from '@tandem/component-base'
import type { Rejection } from '../framework/framework.ts'
import type { NodeInfo } from '../framework/node-info.ts'
import type { Plugin } from '../framework/plugin.ts'
import type { Candidate } from '../framework/preemption-candidate.ts'
import { skip, unresolvable, unschedulable } from '../framework/status.ts'
import type { Extender } from './extender.ts'

/** As upstream names whoever of them rejected a node: every event wakes such a pod, since nobody knows what an extender looks at. */
const rejector = 'Extender'

export interface Opinion {
  /** Where the pod may run, in the order given. */
  nodes: readonly NodeInfo[]
  rejections: ReadonlyMap<string, Rejection>
  /** What extenders add to the scores of nodes. */
  scores: ReadonlyMap<string, number>
}

/** Those that are configured, as one. An extender that does not answer is left out if it may be ignored, else its error is thrown. */
export class Extenders {
  readonly #extenders: readonly Extender[]
  readonly #logger: Logger

  constructor(extenders: readonly Extender[], logger: Logger) {
    this.#extenders = extenders
    this.#logger = logger
  }

  /** Has one of them a say in where the pod runs? */
  choose(pod: Pod): boolean {
    return this.#extenders.some((extender) => (extender.filters || extender.scores) && extender.isInterested(pod))
  }

  /** Has one of them a say in who goes for the pod? */
  preempt(pod: Pod): boolean {
    return this.#extenders.some((extender) => extender.preempts && extender.isInterested(pod))
  }

  async opinion(pod: Pod, feasible: readonly NodeInfo[]): Promise<Opinion> {
    const rejections = new Map<string, Rejection>()
    let nodes = feasible
    for (const extender of this.#extenders) {
      if (nodes.length === 0) break
      if (!extender.filters || !extender.isInterested(pod)) continue
      const answer = await this.#unlessIgnored(extender, () => extender.filter(pod, nodes))
      if (!answer) continue
      const { nodeNames, failed, unresolvable: hopeless } = answer
      for (const [node, reason] of failed) rejections.set(node, { status: unschedulable(reason), plugin: rejector })
      for (const [node, reason] of hopeless) rejections.set(node, { status: unresolvable(reason), plugin: rejector })
      const kept = new Set(nodeNames)
      nodes = nodes.filter(({ name }) => kept.has(name))
    }
    return { nodes, rejections, scores: nodes.length > 1 ? await this.#scores(pod, nodes) : new Map() }
  }

  async #scores(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>> {
    const scoring = this.#extenders.filter((extender) => extender.scores && extender.isInterested(pod))
    const answers = await Promise.all(
      scoring.map((extender) =>
        extender.score(pod, nodes).catch((error: unknown) => {
          this.#logger.warn({ error, extender: extender.name }, 'no score given by this extender')
          return new Map<string, number>()
        }),
      ),
    )
    const sums = new Map<string, number>()
    for (const [node, score] of answers.flatMap((answer) => [...answer])) sums.set(node, (sums.get(node) ?? 0) + score)
    return sums
  }

  /** The candidates for preemption that all of them agree to. */
  async agreedCandidates(pod: Pod, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    let agreed = candidates
    for (const extender of this.#extenders) {
      if (agreed.length === 0) break
      if (!extender.preempts || !extender.isInterested(pod)) continue
      agreed = (await this.#unlessIgnored(extender, () => extender.preempt(pod, agreed))) ?? agreed
    }
    return agreed
  }

  /** What binds pods in the place of plugins, for pods that an extender wants to bind. */
  get binders(): Plugin[] {
    return this.#extenders
      .filter(({ binds }) => binds)
      .map((extender) => ({
        name: extender.name,
        async bind({ pod: { pod } }, nodeName) {
          if (!extender.isInterested(pod)) return skip
          await extender.bind(pod, nodeName)
          return undefined
        },
      }))
  }

  async #unlessIgnored<T>(extender: Extender, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (error) {
      if (!extender.ignorable) throw error
      this.#logger.warn({ error, extender: extender.name }, 'extender left out: it failed and may be ignored')
      return undefined
    }
  }
}
