import type { CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import { apiServices } from '@tandem/api/apiregistration/v1/apiservice'
import { isNotFound } from '@tandem/apimachinery'
import { ensure } from '../bootstrap/ensure.ts'
import type { FollowOptions } from '../follow.ts'
import type { Resources } from '../resources.ts'

const automanaged = 'kube-aggregator.kubernetes.io/automanaged'
const groupPriorityMinimum = 1000
const versionPriority = 100
const retryPause = 1000

/** Keeps an APIService for every group and version that definitions serve. */
export class CustomApiServices {
  readonly #resources: Resources
  readonly #following: FollowOptions
  readonly #known = new Map<string, CustomResourceDefinition>()
  #started = false
  #running: Promise<void> | undefined
  #wanted = ''

  constructor(resources: Resources, following: FollowOptions) {
    this.#resources = resources
    this.#following = following
  }

  set(crd: CustomResourceDefinition): void {
    this.#known.set(crd.metadata.name, crd)
    this.#wake()
  }

  remove(crd: CustomResourceDefinition): void {
    this.#known.delete(crd.metadata.name)
    this.#wake()
  }

  start(): void {
    this.#started = true
    this.#wake()
  }

  #groupVersions(): Map<string, { group: string; version: string }> {
    const served = [...this.#known.values()].flatMap(({ spec: { group, versions } }) =>
      versions.filter(({ served }) => served).map(({ name: version }) => ({ group, version })),
    )
    return new Map(served.map(({ group, version }) => [`${version}.${group}`, { group, version }]))
  }

  #wake(): void {
    if (!this.#started || [...this.#groupVersions().keys()].sort().join() === this.#wanted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      this.#wake()
    })
  }

  async #run(): Promise<void> {
    const { clock, logger, signal } = this.#following
    const served = this.#groupVersions()
    try {
      await this.#reconcile(served)
      this.#wanted = [...served.keys()].sort().join()
    } catch (error) {
      if (signal.aborted) return
      logger.warn({ err: error }, 'cannot register the services of custom resources')
      await clock.sleep(retryPause, signal).catch(() => undefined)
    }
  }

  async #reconcile(served: Map<string, { group: string; version: string }>): Promise<void> {
    const store = this.#resources.store(apiServices)
    for (const [name, spec] of served)
      await ensure(store, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { [automanaged]: 'true' } },
        spec: { ...spec, groupPriorityMinimum, versionPriority },
      })
    const { entries } = await store.list({ labelSelector: `${automanaged}=true` })
    for (const { name } of entries.filter((entry) => !served.has(entry.name)))
      await store.delete({ name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }
}
