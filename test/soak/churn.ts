import { setTimeout as sleep } from 'node:timers/promises'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { isConflict, isNotFound, type KubernetesObject } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Random } from './random.ts'
import { type KindName, kinds } from './workloads.ts'

/** What the user of the churn wants at this moment: the cluster has to come to it, and to nothing else. */
export interface Wanted {
  kind: KindName
  namespace: string
  name: string
  size: number
  version: number
}

const most = 25

/** A restless user: makes, scales, updates and deletes workloads, namespaces and pods, and closes nodes. */
export class Churn {
  readonly wanted = new Map<string, Wanted>()
  readonly #client: Client
  readonly #random: Random
  #namespaces: string[] = []
  #made = 0
  steps = 0

  constructor(client: Client, random: Random) {
    this.#client = client
    this.#random = random
  }

  get namespaces(): readonly string[] {
    return this.#namespaces
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.step()
      await sleep(this.#random.between(0, 150))
    }
  }

  async step(): Promise<void> {
    this.steps++
    const random = this.#random
    const wanted = random.one([...this.wanted.values()])
    if (this.#namespaces.length < 3) return this.#createNamespace()
    if (!wanted || (this.wanted.size < most && random.chance(0.3))) return this.#create()
    const choice = random.next()
    if (choice < 0.3) return this.#scale(wanted)
    if (choice < 0.5) return this.#update(wanted)
    if (choice < 0.65) return this.#remove(wanted)
    if (choice < 0.8) return this.#deletePods(wanted)
    if (choice < 0.88) return this.#evict(wanted)
    if (choice < 0.94) return this.#cordon()
    if (choice < 0.97) return this.#own(wanted)
    return this.#deleteNamespace()
  }

  /** All nodes take pods again. */
  async reopen(): Promise<void> {
    const { items } = await this.#client.list(nodes)
    for (const { metadata, spec } of items)
      if (spec?.unschedulable) await this.#client.patch(nodes, metadata, merge({ spec: { unschedulable: null } }))
  }

  async #createNamespace(): Promise<void> {
    const name = `soak-${++this.#made}`
    await this.#client.create(namespaces, { metadata: { name }, spec: {} })
    this.#namespaces.push(name)
  }

  async #create(): Promise<void> {
    const namespace = this.#random.one(this.#namespaces) ?? ''
    const kind = this.#random.one(Object.keys(kinds) as KindName[]) ?? 'Deployment'
    const { definition, maxSize, object } = kinds[kind]
    const name = `${kind.toLowerCase()}-${++this.#made}`
    const size = this.#random.between(1, maxSize)
    await this.#client.request({
      method: 'POST',
      path: `/apis/${definition.group}/${definition.version}/namespaces/${namespace}/${definition.plural}`,
      body: object(name, size),
    })
    this.wanted.set(`${namespace}/${name}`, { kind, namespace, name, size, version: 0 })
  }

  async #scale(wanted: Wanted): Promise<void> {
    const { definition, maxSize, scaled } = kinds[wanted.kind]
    if (!scaled) return
    const size = this.#random.between(0, maxSize)
    await this.#client.patch(definition, wanted, merge(scaled(size)))
    wanted.size = size
  }

  async #update(wanted: Wanted): Promise<void> {
    const { definition, updated } = kinds[wanted.kind]
    if (!updated) return
    await this.#client.patch(definition, wanted, merge(updated(wanted.name, ++this.#made)))
    wanted.version = this.#made
  }

  async #remove({ kind, namespace, name }: Wanted): Promise<void> {
    const propagationPolicy = this.#random.chance(0.5) ? 'Background' : 'Foreground'
    await this.#client.delete(kinds[kind].definition, { namespace, name }, { propagationPolicy })
    this.wanted.delete(`${namespace}/${name}`)
  }

  async #podsOf({ namespace, name }: Wanted) {
    const { items } = await this.#client.list(pods, { namespace, labelSelector: `app=${name}` })
    return this.#random.some(items, 3)
  }

  async #deletePods(wanted: Wanted): Promise<void> {
    // What a Job's pod has done is done: without it the Job would have to do it again.
    if (wanted.kind === 'Job') return
    for (const { metadata } of await this.#podsOf(wanted))
      await this.#client.delete(pods, metadata).catch(unless(isNotFound))
  }

  async #evict(wanted: Wanted): Promise<void> {
    if (wanted.kind === 'Job') return
    for (const { metadata } of await this.#podsOf(wanted)) {
      const { name, namespace } = metadata
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
      await this.#client.createSubresource(pods, metadata, 'eviction', eviction).catch(unless(isNotFound, isConflict))
    }
  }

  async #cordon(): Promise<void> {
    await this.reopen()
    const { items } = await this.#client.list(nodes)
    for (const { metadata } of this.#random.some(items, items.length >> 2))
      await this.#client.patch(nodes, metadata, merge({ spec: { unschedulable: true } }))
  }

  /** Something that has to go with the workload. */
  async #own({ kind, namespace, name }: Wanted): Promise<void> {
    const { definition } = kinds[kind]
    const path = `/apis/${definition.group}/${definition.version}/namespaces/${namespace}/${definition.plural}/${name}`
    const { metadata } = await this.#client.request<KubernetesObject>({ path })
    const owner = { apiVersion: `${definition.group}/${definition.version}`, kind, name, uid: metadata.uid }
    const object = {
      metadata: { generateName: 'owned-', namespace, labels: { owned: name }, ownerReferences: [owner] },
    }
    await this.#client.create(configMaps, object)
  }

  async #deleteNamespace(): Promise<void> {
    const name = this.#random.one(this.#namespaces)
    if (!name) return
    await this.#client.delete(namespaces, { name, namespace: '' })
    this.#namespaces = this.#namespaces.filter((other) => other !== name)
    for (const [key, { namespace }] of this.wanted) if (namespace === name) this.wanted.delete(key)
  }
}

const merge = (body: object) => ({ type: 'merge', body }) as const

const unless =
  (...expected: readonly ((error: unknown) => boolean)[]) =>
  (error: unknown): void => {
    if (!expected.some((is) => is(error))) throw error
  }
