import { pods } from '@tandem/api/core/v1/pod'
import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import { isStaticPod } from './critical-pod.ts'
import { statusPatch } from './status-patch.ts'

interface Entry {
  pod: Pod
  wanted: PodStatus
  written: string
  /** The last write's answer: what is newer was written by somebody else. */
  answer: Pod | undefined
  writing: Promise<void> | undefined
}

export interface StatusManagerOptions {
  client: Client
  clock: Clock
  logger: Logger
  signal: AbortSignal
  /** The pod in the API that tells of a static one. */
  mirrorOf(pod: Pod): Pod | undefined
}

/** Another write was faster; or another pod has the name, and then no number of attempts helps. */
const maxConflicts = 5

const longestWait = 10_000

/** Tells the API server what became of pods: at once, one write at a time for each, always the newest. */
export class StatusManager {
  readonly #client: Client
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #entries = new Map<string, Entry>()
  readonly #signal: AbortSignal
  readonly #mirrorOf: (pod: Pod) => Pod | undefined

  constructor(options: StatusManagerOptions) {
    this.#client = options.client
    this.#clock = options.clock
    this.#logger = options.logger
    this.#signal = options.signal
    this.#mirrorOf = options.mirrorOf
  }

  /** What was last reported of the pod by this kubelet. */
  get(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.wanted
  }

  report(pod: Pod, status: PodStatus): void {
    const entry = this.#entries.get(pod.metadata.uid)
    if (!entry)
      this.#entries.set(pod.metadata.uid, { pod, wanted: status, written: '', answer: undefined, writing: undefined })
    else {
      Object.assign(entry, { pod, wanted: status })
      this.#compare(entry)
    }
    this.#write(pod.metadata.uid)
  }

  /** The mirror of a static pod was made or written to. */
  refresh(uid: string): void {
    const entry = this.#entries.get(uid)
    if (!entry) return
    this.#compare(entry)
    this.#write(uid)
  }

  /** The pod's object in the API, where it has one. */
  #target(pod: Pod): Pod | undefined {
    return isStaticPod(pod) ? this.#mirrorOf(pod) : pod
  }

  /** What somebody else wrote over our last word is to be written again. */
  #compare(entry: Entry): void {
    const target = this.#target(entry.pod)
    if (!target || !entry.answer) return
    const replaced = target.metadata.uid !== entry.answer.metadata.uid
    if (isNewer(target, entry.answer) && (replaced || !says(target.status, entry.wanted))) entry.written = ''
  }

  /** Resolves when what was reported of the pod is written, or the pod is gone. */
  async flush(uid: string): Promise<void> {
    while (this.#entries.get(uid)?.writing) await this.#entries.get(uid)?.writing
  }

  forget(uid: string): void {
    this.#entries.delete(uid)
  }

  /** Takes the pod's object away for good: nothing of it is left on this node. */
  async finish(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    await this.flush(uid)
    for (let wait = 200; !this.#signal.aborted; wait = Math.min(wait * 2, longestWait)) {
      try {
        await this.#client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
        return
      } catch (error) {
        if (isNotFound(error) || (isConflict(error) && (await this.#isAnother(pod)))) return
        this.#logger.warn({ error, pod: name, namespace }, 'pod could not be deleted')
        await this.#clock.sleep(wait, this.#signal).catch(() => {})
      }
    }
  }

  /** Has another pod its name by now? */
  async #isAnother({ metadata: { namespace, name, uid } }: Pod): Promise<boolean> {
    try {
      return (await this.#client.get(pods, { namespace, name })).metadata.uid !== uid
    } catch (error) {
      return isNotFound(error)
    }
  }

  #write(uid: string): void {
    const entry = this.#entries.get(uid)
    if (!entry || entry.writing) return
    entry.writing = this.#writeNewest(uid, entry).then((last) => {
      entry.writing = undefined
      // Reported between the last look and here.
      if (last && entry.wanted !== last) this.#write(uid)
    })
  }

  /** Resolves to the last status that was dealt with; to none when the pod is forgotten or the kubelet stops. */
  async #writeNewest(uid: string, entry: Entry): Promise<PodStatus | undefined> {
    let conflicts = 0
    for (let wait = 200; this.#entries.get(uid) === entry && !this.#signal.aborted; ) {
      const { pod, wanted } = entry
      const text = JSON.stringify(wanted)
      if (text === entry.written) return wanted
      const target = this.#target(pod)
      // Nobody to tell yet: the mirror's appearance is a reason to write.
      if (!target) return wanted
      try {
        const newest = entry.answer && !isNewer(target, entry.answer) ? entry.answer : target
        const { namespace, name, uid } = target.metadata
        const body = { metadata: { uid }, status: statusPatch(newest.status ?? {}, wanted) }
        entry.answer = await this.#client.patch(
          pods,
          { namespace, name },
          { type: 'strategic', body },
          { subresource: 'status' },
        )
        entry.written = text
        wait = 200
      } catch (error) {
        if (isNotFound(error) || (isConflict(error) && ++conflicts > maxConflicts)) return wanted
        this.#logger.warn(
          { error, pod: pod.metadata.name, namespace: pod.metadata.namespace },
          'pod status not written',
        )
        await this.#clock.sleep(wait, this.#signal).catch(() => {})
        wait = Math.min(wait * 2, longestWait)
      }
    }
    return undefined
  }
}

/** Versions of one server are numbers that grow. */
const isNewer = (pod: Pod, than: Pod): boolean =>
  BigInt(pod.metadata.resourceVersion) > BigInt(than.metadata.resourceVersion)

/** Does the object still say what we told of it? A node that was thought lost finds its pods marked unready by others. */
const says = (current: PodStatus | undefined, wanted: PodStatus): boolean =>
  current?.phase === wanted.phase &&
  (wanted.conditions ?? []).every(({ type, status }) =>
    current?.conditions?.some((condition) => condition.type === type && condition.status === status),
  )
