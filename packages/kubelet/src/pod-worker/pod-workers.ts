import { readdir } from 'node:fs/promises'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Informer } from '@tandem/client'
import type { RuntimePod } from '../container-runtime/runtime.ts'
import { fullName, isMirrorPod, isStaticPod } from '../lifecycle/critical-pod.ts'
import type { MirrorPods } from '../static-pods/mirror-pods.ts'
import { OrphanReaper } from './orphan-reaper.ts'
import { PodWorker } from './pod-worker.ts'
import type { PodServices } from './services.ts'

/** The net under the events: everything is looked at this often, though nothing was heard of it. */
const relistInterval = 60_000

export interface PodWorkersOptions {
  services: PodServices
  pods: Informer<Pod>
  mirrors: MirrorPods
  signal: AbortSignal
  /** The pods of this node changed: what they weigh together has too. */
  onChange(pods: readonly Pod[]): void
}

/** One worker for each pod of the node, by uid; told by the API watch, by manifest files and by the engine's events. */
export class PodWorkers {
  readonly #options: PodWorkersOptions
  readonly #workers = new Map<string, PodWorker>()
  readonly #orphans: OrphanReaper
  /** What manifest files say, by namespace and name. */
  #staticPods = new Map<string, Pod>()
  /** Every source has said what it has: what else there is on this node is nobody's. */
  #complete = false
  #relisting: Promise<void> | undefined

  constructor(options: PodWorkersOptions) {
    this.#options = options
    this.#orphans = new OrphanReaper(options.services)
  }

  /** Static pods need no API server: from here on they are worked on. */
  listen(): void {
    void this.#listen(this.#options.signal)
    this.#relistLater()
  }

  /** Resolves when every pod that was there has a worker. */
  async start(): Promise<void> {
    const { pods, mirrors } = this.#options
    pods.addHandler({
      added: (pod) => this.#take(pod),
      updated: (pod, old) => {
        // The same name, another pod: the deletion between the two was not seen.
        if (old.metadata.uid !== pod.metadata.uid) this.#workers.get(old.metadata.uid)?.remove()
        this.#take(pod)
      },
      deleted: (pod) => {
        if (isMirrorPod(pod)) mirrors.sync(fullName(pod))
        else this.#workers.get(pod.metadata.uid)?.remove()
      },
    })
    await pods.synced
    this.#complete = true
    mirrors.syncAll()
    this.#relist()
  }

  get pods(): Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod)
  }

  /** Every source has said what it has: there are no other pods. */
  get isComplete(): boolean {
    return this.#complete
  }

  /** Pods that count against what the node has. */
  get active(): Pod[] {
    return [...this.#workers.values()].filter(({ active }) => active).map(({ pod }) => pod)
  }

  /** Pods that have what they asked for. */
  get occupying(): Pod[] {
    return [...this.#workers.values()].filter(({ occupies }) => occupies).map(({ pod }) => pod)
  }

  worker(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** All static pods there are: those that are no longer among them end. */
  setStaticPods(pods: readonly Pod[]): void {
    this.#staticPods = new Map(pods.map((pod) => [fullName(pod), pod]))
    for (const { pod } of this.#workers.values())
      if (isStaticPod(pod) && this.#staticPods.get(fullName(pod))?.metadata.uid !== pod.metadata.uid)
        this.#workers.get(pod.metadata.uid)?.remove()
    this.#startStaticPods()
  }

  /** A static pod starts when nothing is left of the one that had its name before. */
  #startStaticPods(): void {
    const { mirrors } = this.#options
    const taken = new Set(this.pods.filter(isStaticPod).map(fullName))
    for (const [name, pod] of this.#staticPods) {
      if (taken.has(name)) continue
      mirrors.keep(pod)
      this.#work(pod)
    }
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop()
    this.#workers.clear()
  }

  #take(pod: Pod): void {
    if (!isMirrorPod(pod)) {
      this.#work(pod)
      return
    }
    const { mirrors, services } = this.#options
    mirrors.sync(fullName(pod))
    const staticPod = this.#staticPods.get(fullName(pod))
    if (staticPod) services.status.refresh(staticPod.metadata.uid)
  }

  #work(pod: Pod): void {
    const { uid } = pod.metadata
    const known = this.#workers.get(uid)
    if (known) known.update(pod)
    else {
      const worker = new PodWorker(pod, this.#options.services, () => this.#finished(pod))
      this.#workers.set(uid, worker)
      worker.notify()
    }
    this.#changed()
  }

  #finished(pod: Pod): void {
    this.#workers.delete(pod.metadata.uid)
    this.#changed()
    if (!isStaticPod(pod)) return
    this.#options.mirrors.release(pod)
    this.#startStaticPods()
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
    if (!this.#complete) return
    this.#relisting ??= this.#reapOrphans().finally(() => {
      this.#relisting = undefined
    })
  }

  /** What the engine or the disk has of pods that neither the API server nor a manifest knows. */
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
