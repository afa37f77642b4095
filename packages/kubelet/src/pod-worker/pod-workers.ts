import { readdir } from 'node:fs/promises'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Informer } from '@tandem/client'
import type { RuntimePod } from '../container-runtime/runtime.ts'
import { OrphanReaper } from './orphan-reaper.ts'
import { PodWorker } from './pod-worker.ts'
import type { PodServices } from './services.ts'

/** The net under the events: everything is looked at this often, though nothing was heard of it. */
const relistInterval = 60_000

export interface PodWorkersOptions {
  services: PodServices
  pods: Informer<Pod>
  signal: AbortSignal
  /** The pods of this node changed: what they weigh together has too. */
  onChange(pods: readonly Pod[]): void
}

/** One worker for each pod of the node, by uid; told by the API watch and by the engine's events. */
export class PodWorkers {
  readonly #options: PodWorkersOptions
  readonly #workers = new Map<string, PodWorker>()
  readonly #orphans: OrphanReaper
  #relisting: Promise<void> | undefined

  constructor(options: PodWorkersOptions) {
    this.#options = options
    this.#orphans = new OrphanReaper(options.services)
  }

  /** Resolves when every pod that was there has a worker. */
  async start(): Promise<void> {
    const { pods, signal } = this.#options
    pods.addHandler({
      added: (pod) => this.#take(pod),
      updated: (pod, old) => {
        // The same name, another pod: the deletion between the two was not seen.
        if (old.metadata.uid !== pod.metadata.uid) this.#workers.get(old.metadata.uid)?.remove()
        this.#take(pod)
      },
      deleted: (pod) => this.#workers.get(pod.metadata.uid)?.remove(),
    })
    await pods.synced
    void this.#listen(signal)
    this.#relistLater()
  }

  get pods(): Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod)
  }

  /** Pods that count against what the node has. */
  get active(): Pod[] {
    return [...this.#workers.values()].filter(({ active }) => active).map(({ pod }) => pod)
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop()
    this.#workers.clear()
  }

  #take(pod: Pod): void {
    const { uid } = pod.metadata
    const known = this.#workers.get(uid)
    if (known) known.update(pod)
    else {
      const worker = new PodWorker(pod, this.#options.services, () => {
        this.#workers.delete(uid)
        this.#changed()
      })
      this.#workers.set(uid, worker)
      worker.notify()
    }
    this.#changed()
  }

  #changed(): void {
    this.#options.onChange(this.active)
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const event of this.#options.services.runtime.events(signal)) {
      if (event.type === 'relist') this.#relist()
      else this.#workers.get(event.podUid)?.notify()
    }
  }

  #relistLater(): void {
    const { services, signal } = this.#options
    services.clock.after(relistInterval, () => {
      if (signal.aborted) return
      this.#relist()
      this.#relistLater()
    })
  }

  #relist(): void {
    for (const worker of this.#workers.values()) worker.notify()
    this.#relisting ??= this.#reapOrphans().finally(() => {
      this.#relisting = undefined
    })
  }

  /** What the engine or the disk has of pods that the API server no longer knows. */
  async #reapOrphans(): Promise<void> {
    const { runtime, directories, logger } = this.#options.services
    try {
      const unknown = (await runtime.listPods()).filter(({ uid }) => !this.#workers.has(uid))
      await Promise.all(unknown.map((pod: RuntimePod) => this.#orphans.reap(pod)))
      for (const uid of await readdir(directories.pods).catch(() => []))
        if (!this.#workers.has(uid)) await this.#orphans.removeDirectories(uid)
    } catch (error) {
      logger.warn({ error }, 'pods could not be listed')
    }
  }
}
