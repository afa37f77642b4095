import { nodes } from '@tandem/api/core/v1/node'
import type { ContainerImage, Node } from '@tandem/api/core/v1/types'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'
import type { PressureCondition } from '../eviction/signals.ts'
import type { Resources } from './machine.ts'
import { conditionEvents } from './node-events.ts'
import { nodeImages } from './node-images.ts'
import {
  type NodeFacts,
  type NodeHealth,
  newNode,
  nodeAnnotations,
  nodeLabels,
  nodeStatus,
  sameStatus,
} from './node-object.ts'

export interface NodeStatusOptions {
  client: Client
  runtime: ContainerRuntime
  facts: NodeFacts
  networkError(): string | undefined
  /** What plugins bring to the node. */
  devices(): Devices
  /** What must not be detached from the node. */
  volumesInUse(): string[]
  /** Which of memory, disk and processes the node is short of. */
  pressure(): ReadonlySet<PressureCondition>
  /** A condition has turned: an event of this reason is worth it. */
  onEvent(reason: string): void
  /** How often the node is looked at; what changed is reported then. */
  updateFrequency: number
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

export interface Devices {
  capacity: Resources
  allocatable: Resources
}

const withDevices = (facts: NodeFacts, { capacity, allocatable }: Devices): NodeFacts => ({
  ...facts,
  capacity: { ...facts.capacity, ...capacity },
  allocatable: { ...facts.allocatable, ...allocatable },
})

/** Unchanged status is reported this often: upstream's nodeStatusReportFrequency. */
const reportFrequency = 5 * 60_000

/** Registers the node and keeps its status current. */
export class NodeStatusManager {
  readonly #options: NodeStatusOptions
  #facts: NodeFacts
  #reportedAt = 0
  #reporting: Promise<void> | undefined
  #again = false

  constructor(options: NodeStatusOptions) {
    this.#options = options
    this.#facts = options.facts
  }

  /** Resolves when the node is registered; tries until it is. */
  async register(): Promise<Node> {
    const { clock, logger, signal } = this.#options
    for (let wait = 100; ; wait = Math.min(wait * 2, 7000)) {
      try {
        return await this.#createOrAdopt()
      } catch (error) {
        signal.throwIfAborted()
        logger.info({ error, node: this.#facts.name }, 'unable to register node with API server')
        await clock.sleep(wait, signal)
      }
    }
  }

  async #createOrAdopt(): Promise<Node> {
    const { client } = this.#options
    const health = await this.#health()
    try {
      return await client.create(nodes, newNode(this.#facts, health, this.#now()))
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    const node = await client.get(nodes, { name: this.#facts.name })
    const labels = { ...nodeLabels(this.#facts), ...this.#facts.labels }
    const missing = {
      labels: lacking(node.metadata.labels, labels),
      annotations: lacking(node.metadata.annotations, nodeAnnotations(this.#facts)),
    }
    if (Object.values(missing).every((entries) => Object.keys(entries).length === 0)) return node
    const body = { metadata: missing }
    return client.patch(nodes, { name: this.#facts.name }, { type: 'strategic', body })
  }

  run(): void {
    const { clock, signal, updateFrequency } = this.#options
    this.report()
    clock.after(updateFrequency, () => {
      if (!signal.aborted) this.run()
    })
  }

  /** Something about the node may have changed. */
  report(): void {
    this.#again = true
    this.#reporting ??= this.#report().finally(() => {
      this.#reporting = undefined
    })
  }

  async #report(): Promise<void> {
    const { client, clock, logger, signal } = this.#options
    while (this.#again && !signal.aborted) {
      this.#again = false
      try {
        const [health, runtime, images] = await Promise.all([this.#health(), this.#runtimeVersion(), this.#images()])
        this.#facts = { ...this.#facts, ...(runtime && { runtimeVersion: runtime }), ...(images && { images }) }
        const node = await client.get(nodes, { name: this.#facts.name })
        const facts = withDevices(this.#facts, this.#options.devices())
        const volumesInUse = this.#options.volumesInUse()
        const status = { ...nodeStatus(facts, health, { now: this.#now(), old: node.status }), volumesInUse }
        const due = clock.monotonic() - this.#reportedAt >= reportFrequency || this.#reportedAt === 0
        if (!due && sameStatus(node.status, status)) continue
        await client.patch(
          nodes,
          { name: this.#facts.name },
          { type: 'strategic', body: { status } },
          { subresource: 'status' },
        )
        this.#reportedAt = clock.monotonic()
        for (const reason of conditionEvents(status, node.status)) this.#options.onEvent(reason)
      } catch (error) {
        if (signal.aborted) return
        if (isNotFound(error)) await this.register()
        else logger.warn({ error }, 'node status could not be reported')
      }
    }
  }

  async #health(): Promise<NodeHealth> {
    const networkError = this.#options.networkError()
    const runtimeError = await this.#options.runtime.version().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    return { runtimeError, networkError, pressure: this.#options.pressure() }
  }

  #runtimeVersion = (): Promise<string | undefined> =>
    this.#options.runtime.version().then(
      ({ containerRuntimeVersion }) => containerRuntimeVersion,
      () => undefined,
    )

  #images = (): Promise<ContainerImage[] | undefined> =>
    this.#options.runtime.listImages().then(nodeImages, () => undefined)

  #now(): string {
    return `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`
  }
}

const lacking = (
  found: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>>,
): Record<string, string> => Object.fromEntries(Object.entries(wanted).filter(([name, value]) => found[name] !== value))
