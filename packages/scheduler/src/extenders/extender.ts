import type { Pod } from '@tandem/api/core/v1/types'
import type { NodeInfo } from '../framework/node-info.ts'
import { maxNodeScore } from '../framework/plugin.ts'
import type { PodInfo } from '../framework/pod-info.ts'
import type { Candidate } from '../framework/preemption-candidate.ts'
import { type FilterAnswer, filterAnswer, preemptAnswer, scoreAnswer, throwError } from './answers.ts'
import type { ExtenderConfiguration } from './configuration.ts'
import { type Post, postTo } from './http-post.ts'

/** The most that an extender gives a node. */
const maxExtenderScore = 10

/** A service that is asked where pods may run, over HTTP. */
export class Extender {
  readonly #configuration: ExtenderConfiguration
  readonly #post: Post
  readonly #managed: ReadonlySet<string>

  constructor(configuration: ExtenderConfiguration) {
    this.#configuration = configuration
    this.#post = postTo(configuration)
    this.#managed = new Set(configuration.managedResources.map(({ name }) => name))
  }

  get name(): string {
    return this.#configuration.urlPrefix
  }

  get ignorable(): boolean {
    return this.#configuration.ignorable
  }

  get filters(): boolean {
    return this.#configuration.filterVerb !== undefined
  }

  get scores(): boolean {
    return this.#configuration.prioritizeVerb !== undefined
  }

  get preempts(): boolean {
    return this.#configuration.preemptVerb !== undefined
  }

  get binds(): boolean {
    return this.#configuration.bindVerb !== undefined
  }

  isInterested({ spec }: Pod): boolean {
    if (this.#managed.size === 0) return true
    return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
      Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => this.#managed.has(name)),
    )
  }

  /** Throws where it names a node that it was not asked about. */
  async filter(pod: Pod, nodes: readonly NodeInfo[]): Promise<FilterAnswer> {
    const answer = filterAnswer(await this.#post(this.#configuration.filterVerb ?? '', this.#about(pod, nodes)))
    const known = new Set(nodes.map(({ name }) => name))
    const stranger = answer.nodeNames.find((name) => !known.has(name))
    if (stranger !== undefined)
      throw new Error(
        `extender ${JSON.stringify(this.name)} claims a filtered node ${JSON.stringify(stranger)} which is not found in the input node list`,
      )
    return answer
  }

  /** Scores by node, weighted, on the scale of plugins. */
  async score(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>> {
    const answer = scoreAnswer(await this.#post(this.#configuration.prioritizeVerb ?? '', this.#about(pod, nodes)))
    const factor = (this.#configuration.weight * maxNodeScore) / maxExtenderScore
    return new Map(answer.map(({ host, score }) => [host, score * factor]))
  }

  /** The candidates that it agrees to, with the victims that it names. */
  async preempt(pod: Pod, candidates: readonly Candidate[]): Promise<Candidate[]> {
    const { nodeCacheCapable, preemptVerb = '' } = this.#configuration
    const victims = (candidate: Candidate) => ({
      Pods: candidate.victims.map((victim) => (nodeCacheCapable ? { UID: victim.key } : victim.pod)),
      NumPDBViolations: candidate.violations,
    })
    const byNode = Object.fromEntries(candidates.map((candidate) => [candidate.node.name, victims(candidate)]))
    const body = { Pod: pod, [nodeCacheCapable ? 'NodeNameToMetaVictims' : 'NodeNameToVictims']: byNode }
    const answer = preemptAnswer(await this.#post(preemptVerb, body))
    return candidates.flatMap(({ node }) => {
      const agreed = answer.get(node.name)
      if (!agreed) return []
      if (agreed.uids.length === 0 && this.ignorable) return []
      if (agreed.uids.length === 0) throw new Error(`expected at least one victim pod on node "${node.name}"`)
      return { node, victims: agreed.uids.map((uid) => this.#podOn(node, uid)), violations: agreed.violations }
    })
  }

  async bind({ metadata: { name, namespace, uid } }: Pod, nodeName: string): Promise<void> {
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName }
    throwError(await this.#post(this.#configuration.bindVerb ?? '', body))
  }

  #about(pod: Pod, nodes: readonly NodeInfo[]): object {
    return this.#configuration.nodeCacheCapable
      ? { Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) }
      : { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
  }

  #podOn(node: NodeInfo, uid: string): PodInfo {
    const pod = node.pods.get(uid)
    if (pod) return pod
    throw new Error(
      `extender: ${this.name} claims to preempt pod (UID: ${uid}) on node: ${node.name}, but the pod is not found on that node`,
    )
  }
}
