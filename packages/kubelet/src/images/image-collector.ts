import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock, Logger } from '@tandem/component-base'
import type { ContainerRuntime, ImageStatus } from '../container-runtime/runtime.ts'

export interface ImageCollectorOptions {
  runtime: ContainerRuntime
  /** The file in which is written down what this kubelet pulled: nothing else is ever removed. */
  record: string
  diskUse(): number
  /** Images that pods of this node are made of, as the pods name them. */
  inUse(): ReadonlySet<string>
  clock: Clock
  logger: Logger
}

/** Upstream's thresholds: collection begins above the one and ends below the other. */
const highThreshold = 0.85
const lowThreshold = 0.8
/** What was pulled a moment ago may be about to be used. */
const minimumAge = 2 * 60_000

/** Makes room on a full disk by removing images that this kubelet pulled and nobody uses, the oldest first. */
export class ImageCollector {
  readonly #options: ImageCollectorOptions
  /** When each was pulled, by ID. */
  readonly #pulled: Map<string, number>

  constructor(options: ImageCollectorOptions) {
    this.#options = options
    this.#pulled = readRecord(options.record)
  }

  pulled({ id }: ImageStatus): void {
    this.#pulled.set(id, this.#options.clock.now())
    this.#write()
  }

  async collect(): Promise<void> {
    const { runtime, diskUse, inUse, clock, logger } = this.#options
    if (diskUse() < highThreshold) return
    try {
      const images = new Map((await runtime.listImages()).map((image) => [image.id, image]))
      const used = inUse()
      const oldestFirst = [...this.#pulled].sort(([, a], [, b]) => a - b)
      for (const [id, pulledAt] of oldestFirst) {
        if (diskUse() < lowThreshold) break
        const image = images.get(id)
        if (image && (clock.now() - pulledAt < minimumAge || image.names.some((name) => used.has(name)))) continue
        // The engine refuses to remove what a container is made of.
        for (const name of image?.names ?? []) await runtime.removeImage(name)
        this.#pulled.delete(id)
        logger.info({ image: image?.names[0] ?? id }, 'removed an image to free disk space')
      }
      this.#write()
    } catch (error) {
      logger.warn({ error }, 'images could not be collected')
    }
  }

  #write(): void {
    const { record } = this.#options
    writeFileSync(`${record}.new`, JSON.stringify(Object.fromEntries(this.#pulled)))
    renameSync(`${record}.new`, record)
  }
}

function readRecord(path: string): Map<string, number> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>))
  } catch {
    return new Map()
  }
}
