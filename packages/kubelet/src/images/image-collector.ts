import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock, Logger } from '@tandem/component-base'
import type { ContainerRuntime, ImageStatus } from '../container-runtime/runtime.ts'
import type { ImageCollectionOptions } from '../options.ts'

export interface ImageCollectorOptions {
  runtime: ContainerRuntime
  /** The file in which is written down what this kubelet pulled: nothing else is ever removed. */
  record: string
  diskUse(): number
  limits: ImageCollectionOptions
  /** Images that pods of this node are made of, as the pods name them. */
  inUse(): ReadonlySet<string>
  clock: Clock
  logger: Logger
}

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

  /** A disk that fills up is emptied a little. */
  async collect(): Promise<void> {
    const { diskUse, limits } = this.#options
    // All of a disk may be used: then nothing is ever too much.
    if (limits.highThreshold < 1 && diskUse() >= limits.highThreshold)
      await this.#remove(() => diskUse() < limits.lowThreshold, limits.minimumAge)
  }

  /** The disk is short of room: whatever nobody uses goes. */
  async removeUnused(): Promise<void> {
    await this.#remove(() => false, 0)
  }

  async #remove(enough: () => boolean, minimumAge: number): Promise<void> {
    const { runtime, inUse, clock, logger } = this.#options
    try {
      const images = new Map((await runtime.listImages()).map((image) => [image.id, image]))
      const used = inUse()
      const oldestFirst = [...this.#pulled].sort(([, a], [, b]) => a - b)
      for (const [id, pulledAt] of oldestFirst) {
        if (enough()) break
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
