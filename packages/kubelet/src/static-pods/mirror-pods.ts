import { pods } from '@tandem/api/core/v1/pod'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound, type New } from '@tandem/apimachinery'
import type { Client, Informer } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import { Backoff } from '../lifecycle/backoff.ts'
import { fullName, hashAnnotation, isMirrorPod, mirrorAnnotation } from '../lifecycle/critical-pod.ts'

export interface MirrorPodsOptions {
  client: Client
  /** Pods of this node as the API server has them. */
  pods: Informer<Pod>
  node(): Node | undefined
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

const retryBackoff = { initialMs: 200, maxMs: 10_000 }

/** Keeps for each static pod one pod in the API that tells others of it, whatever is done to that. */
export class MirrorPods {
  readonly #options: MirrorPodsOptions
  readonly #staticPods = new Map<string, Pod>()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #due = new Set<string>()
  readonly #backoff = new Backoff(retryBackoff)

  constructor(options: MirrorPodsOptions) {
    this.#options = options
  }

  /** The pod in the API that stands for this static pod. */
  mirrorOf(pod: Pod): Pod | undefined {
    const found = this.#existing(fullName(pod))
    return found && isMirrorOf(found, pod) ? found : undefined
  }

  keep(pod: Pod): void {
    this.#staticPods.set(fullName(pod), pod)
    this.sync(fullName(pod))
  }

  /** Nothing of the static pod runs any more. */
  release(pod: Pod): void {
    const name = fullName(pod)
    if (this.#staticPods.get(name)?.metadata.uid === pod.metadata.uid) this.#staticPods.delete(name)
    this.sync(name)
  }

  /** Something may have happened to a mirror. */
  sync(name: string): void {
    if (!this.#options.pods.hasSynced || this.#options.signal.aborted) return
    this.#due.add(name)
    if (this.#underWay.has(name)) return
    const work = this.#run(name).finally(() => {
      this.#underWay.delete(name)
      if (this.#due.has(name)) this.sync(name)
    })
    this.#underWay.set(name, work)
  }

  /** The first list of pods is there: what it has of mirrors and lacks of them is put right. */
  syncAll(): void {
    const found = this.#options.pods.list().filter(isMirrorPod).map(fullName)
    for (const name of new Set([...found, ...this.#staticPods.keys()])) this.sync(name)
  }

  async #run(name: string): Promise<void> {
    const { clock, logger, signal } = this.#options
    while (this.#due.delete(name) && !signal.aborted) {
      try {
        await this.#put(name)
        this.#backoff.forget(name)
      } catch (error) {
        logger.warn({ error, pod: name }, 'mirror pod could not be kept')
        const now = clock.now()
        this.#backoff.next(name, { failedAt: now, now })
        await clock.sleep(this.#backoff.delay(name), signal).catch(() => {})
        this.#due.add(name)
      }
    }
  }

  async #put(name: string): Promise<void> {
    const { client, node } = this.#options
    const pod = this.#staticPods.get(name)
    const mirror = this.#existing(name)
    if (mirror && pod && isMirrorOf(mirror, pod) && !mirror.metadata.deletionTimestamp) return
    if (mirror) {
      const { namespace, name, uid } = mirror.metadata
      await client
        .delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error
        })
    }
    const owner = node()
    if (pod && owner) await client.create(pods, mirrorOf(pod, owner))
  }

  #existing(name: string): Pod | undefined {
    const slash = name.indexOf('/')
    const found = this.#options.pods.get({ namespace: name.slice(0, slash), name: name.slice(slash + 1) })
    return found && isMirrorPod(found) ? found : undefined
  }
}

const isMirrorOf = (mirror: Pod, { metadata }: Pod): boolean =>
  mirror.metadata.annotations?.[mirrorAnnotation] === metadata.annotations?.[hashAnnotation]

function mirrorOf({ metadata, spec }: Pod, { metadata: node }: Node): New<Pod> {
  const { name, namespace, labels, annotations = {} } = metadata
  return {
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, [mirrorAnnotation]: annotations[hashAnnotation] ?? '' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }],
    },
    spec,
  }
}
