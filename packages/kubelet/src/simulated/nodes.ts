import { nodes } from '@tandem/api/core/v1/node'
import { isSimulated, simulatedNodeLabel } from '@tandem/api/core/v1/simulated-node'
import type { Node } from '@tandem/api/core/v1/types'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { Client, Informer, InformerFactory } from '@tandem/client'
import { WorkQueue } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import type { Resources } from '../node-status/machine.ts'
import { NodeLeases } from './node-leases.ts'
import { indexOf, isReady, newSimulatedNode, simulatedNodeName, simulatedNodeStatus } from './simulated-node.ts'
import { runWorkers } from './workers.ts'

export interface SimulatedNodesOptions {
  client: Client
  informers: InformerFactory
  clock: Clock
  logger: Logger
  /** How many there are to be of ours. */
  count: number
  capacity: Resources
  renewIntervalMs: number
  width: number
}

/** Registers as many nodes as it is told to, and keeps alive all that carry the label, whoever made them. */
export class SimulatedNodes {
  readonly informer: Informer<Node>
  readonly #options: SimulatedNodesOptions
  readonly #leases: NodeLeases
  /** Nodes that are to be made, changed or taken away. */
  readonly #changes: WorkQueue
  readonly #renewals: WorkQueue
  #registered = false

  constructor(options: SimulatedNodesOptions) {
    const { client, informers, clock } = options
    this.#options = options
    this.#leases = new NodeLeases(client, clock)
    this.#changes = new WorkQueue({ clock })
    this.#renewals = new WorkQueue({ clock })
    this.informer = informers.informer(nodes, { labelSelector: `${simulatedNodeLabel}=true` })
    this.informer.addHandler({
      added: ({ metadata }) => {
        this.#changes.add(metadata.name)
        this.#renewals.add(metadata.name)
      },
      updated: (node) => {
        if (!isReady(node)) this.#changes.add(node.metadata.name)
      },
      deleted: ({ metadata }) => this.#leases.forget(metadata.name),
    })
  }

  has(name: string): boolean {
    return this.informer.get({ name }) !== undefined
  }

  /** Whether all nodes were there at one time. One that is deleted later stays away until the next start, as a machine would. */
  get registered(): boolean {
    const { count } = this.#options
    this.#registered ||=
      this.informer.list().filter(({ metadata }) => indexOf(metadata.name) !== undefined).length >= count
    return this.#registered
  }

  /** Runs until `stop`. The informer must have been started. */
  async run(): Promise<void> {
    await this.informer.synced
    const { count, width, logger, clock, renewIntervalMs } = this.#options
    const missing = new Set<string>()
    for (let index = 0; index < count; index++) {
      const name = simulatedNodeName(index)
      if (!this.has(name)) missing.add(name)
    }
    for (const name of missing) this.#changes.add(name)
    await Promise.all([
      runWorkers({
        queue: this.#changes,
        width,
        logger,
        handle: async (name) => {
          await this.#change(name, missing)
          return undefined
        },
      }),
      runWorkers({
        queue: this.#renewals,
        width,
        logger,
        handle: async (name) => {
          const node = this.informer.get({ name })
          if (!node) return undefined
          const began = clock.monotonic()
          await this.#leases.renew(node)
          return renewIntervalMs - (clock.monotonic() - began)
        },
      }),
    ])
  }

  stop(): void {
    this.#changes.shutDown()
    this.#renewals.shutDown()
  }

  async #change(name: string, missing: Set<string>): Promise<void> {
    const { client, count, capacity, clock } = this.#options
    const node = this.informer.get({ name })
    const index = indexOf(name)
    const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
    if (!node) {
      if (index === undefined || !missing.has(name)) return
      await client.create(nodes, newSimulatedNode(index, capacity, now)).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error
      })
      missing.delete(name)
    } else if (index !== undefined && index >= count) {
      await client.delete(nodes, { name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    } else if (isSimulated(node) && !isReady(node)) {
      const status = simulatedNodeStatus(name, { capacity, now, old: node.status })
      await client.patch(nodes, { name }, { type: 'strategic', body: { status } }, { subresource: 'status' })
    }
  }
}
