import type { RuntimePod } from '../container-runtime/runtime.ts'
import type { PodServices } from './services.ts'

/** Ends and removes what is left of pods whose objects were deleted while nobody looked. */
export class OrphanReaper {
  readonly #services: PodServices
  readonly #underWay = new Set<string>()

  constructor(services: PodServices) {
    this.#services = services
  }

  async reap({ uid, name, namespace, terminationGracePeriodSeconds }: RuntimePod): Promise<void> {
    const { runtime, logs, logger } = this.#services
    if (this.#underWay.has(uid)) return
    this.#underWay.add(uid)
    try {
      logger.info({ pod: name, namespace, uid }, 'ending a pod that the API server does not know')
      const state = await runtime.podState(uid)
      const running = state.containers.filter(({ state }) => state === 'running')
      await Promise.all(
        running.map(({ id }) => runtime.stopContainer(id, { gracePeriodSeconds: terminationGracePeriodSeconds })),
      )
      for (const sandbox of state.sandboxes) await runtime.stopSandbox(sandbox)
      await Promise.all(state.containers.map(({ id }) => runtime.removeContainer(id)))
      await Promise.all(state.sandboxes.map(({ id }) => runtime.removeSandbox(id)))
      await logs.remove({ namespace, name, uid })
      await this.removeDirectories(uid)
    } finally {
      this.#underWay.delete(uid)
    }
  }

  async removeDirectories(uid: string): Promise<void> {
    await this.#services.volumes.unmountPod(uid)
    await this.#services.cgroups.removePod(uid)
  }
}
