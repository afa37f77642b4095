import { pods } from '@tandem/api/core/v1/pod'
import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound, keyOf, type ObjectKey, parseKey } from '@tandem/apimachinery'
import { type Client, type Informer, type InformerFactory, WorkQueue } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import { statusPatch } from '../lifecycle/status-patch.ts'
import type { SimulatedNodes } from './nodes.ts'
import type { PodAddresses } from './pod-addresses.ts'
import { durationOf, isOver, isSettled, type Stage, simulatedStatus } from './simulated-pod.ts'
import { runWorkers } from './workers.ts'

export interface SimulatedPodsOptions {
  client: Client
  informers: InformerFactory
  nodes: SimulatedNodes
  addresses: PodAddresses
  clock: Clock
  logger: Logger
  width: number
}

const byNode = 'node'

/** Gives the pods of simulated nodes their life: they start when they are bound, end where they are to end, and go when they are deleted. */
export class SimulatedPods {
  readonly #options: SimulatedPodsOptions
  readonly #informer: Informer<Pod>
  readonly #queue: WorkQueue

  constructor(options: SimulatedPodsOptions) {
    const { informers, nodes, addresses, clock } = options
    this.#options = options
    this.#queue = new WorkQueue({ clock })
    this.#informer = informers.informer(pods, { fieldSelector: 'spec.nodeName!=', transform: onlyWhatIsNeeded })
    this.#informer.addIndex(byNode, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
    const note = (pod: Pod): void => {
      if (isOver(pod)) addresses.release(pod.metadata.uid)
      else if (pod.status?.podIP) addresses.adopt(pod.metadata.uid, pod.status.podIP)
      if (!needsNothing(pod)) this.#queue.add(keyOf(pod.metadata))
    }
    this.#informer.addHandler({
      added: note,
      updated: note,
      deleted: ({ metadata }) => addresses.release(metadata.uid),
    })
    // Pods may be known before the node that they are bound to.
    nodes.informer.addHandler({
      added: ({ metadata }) => {
        for (const pod of this.#informer.byIndex(byNode, metadata.name)) note(pod)
      },
    })
  }

  get hasSynced(): boolean {
    return this.#informer.hasSynced
  }

  /** Runs until `stop`. The informers must have been started. */
  async run(): Promise<void> {
    await this.#informer.synced
    const { width, logger } = this.#options
    await runWorkers({ queue: this.#queue, width, logger, handle: (key) => this.#step(parseKey(key)) })
  }

  stop(): void {
    this.#queue.shutDown()
  }

  /** One step of one pod, from what is to what should be. */
  async #step(key: ObjectKey): Promise<number | undefined> {
    const { nodes, clock } = this.#options
    const pod = this.#informer.get(key)
    if (!pod?.spec.nodeName || !nodes.has(pod.spec.nodeName) || needsNothing(pod)) return undefined
    if (pod.metadata.deletionTimestamp) return this.#end(pod)
    if (!isSettled(pod)) {
      await this.#report(pod, 'running')
      return undefined
    }
    const duration = durationOf(pod)
    if (duration === undefined) return undefined
    const left = Date.parse(pod.status?.startTime ?? '') + duration - clock.now()
    if (left > 0) return left
    await this.#report(pod, 'completed')
    return undefined
  }

  /** Whoever has a finalizer on the pod reads it once more, and is to see how it ended. */
  async #end(pod: Pod): Promise<undefined> {
    const { namespace, name, uid, finalizers = [] } = pod.metadata
    try {
      if (finalizers.length > 0 && !isOver(pod)) await this.#report(pod, 'killed')
      await this.#options.client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      // Gone, or another of the same name by now.
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  async #report(pod: Pod, stage: Stage): Promise<void> {
    const { client, clock, addresses } = this.#options
    const { namespace, name, uid } = pod.metadata
    const address = addresses.take(uid)
    if (address === undefined) throw new Error('there is no address left for pods; --pod-cidr says where they are from')
    const status: PodStatus = simulatedStatus({ pod, stage, address, now: clock.now() })
    const body = { metadata: { uid }, status: statusPatch(pod.status ?? {}, status) }
    try {
      await client.patch(pods, { namespace, name }, { type: 'strategic', body }, { subresource: 'status' })
    } catch (error) {
      addresses.release(uid)
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }
}

/** Most pods, most of the time: they run, and nobody has asked anything of them. */
const needsNothing = (pod: Pod): boolean =>
  !pod.metadata.deletionTimestamp && (isOver(pod) || (isSettled(pod) && durationOf(pod) === undefined))

/** The parts of a pod that its next step takes: of one that runs or is over, hardly any. */
function onlyWhatIsNeeded(pod: Pod): Pod {
  delete pod.metadata.managedFields
  if (!needsNothing(pod) || pod.spec.readinessGates) return pod
  const { metadata, spec, status } = pod
  const { namespace, name, uid, resourceVersion, creationTimestamp } = metadata
  return {
    metadata: {
      namespace,
      name,
      uid,
      creationTimestamp,
      resourceVersion,
    },
    spec: { ...(spec.nodeName && { nodeName: spec.nodeName }), containers: [] },
    status: {
      ...(status?.phase && { phase: status.phase }),
      ...(status?.podIP && { podIP: status.podIP }),
      conditions: (status?.conditions ?? []).filter(({ type }) => type === 'Ready' || type === 'ContainersReady'),
    },
  }
}
