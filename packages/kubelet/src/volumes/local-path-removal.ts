import { removalAnnotation, removalsOf } from '@tandem/api/core/v1/local-path'
import { nodes } from '@tandem/api/core/v1/node'
import type { Node } from '@tandem/api/core/v1/types'
import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'
import type { LocalPathDirectory } from './local-path-directory.ts'

export interface LocalPathRemovalOptions {
  directory: Pick<LocalPathDirectory, 'remove'>
  client: Pick<Client, 'patch'>
  nodeName: string
  /** Does a pod still have the volume? One that was deleted by force may. */
  inUse(volume: string): boolean
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

const retry = { initialMs: 500, maxMs: 60_000 }

/** Removes the volumes that the provisioner asks to be removed, and tells it on the Node. */
export class LocalPathRemoval {
  readonly #options: LocalPathRemovalOptions
  readonly #underWay = new Set<string>()

  constructor(options: LocalPathRemovalOptions) {
    this.#options = options
  }

  follow(node: Node): void {
    for (const [volume, removal] of removalsOf(node)) {
      if (removal !== 'requested' || this.#underWay.has(volume)) continue
      this.#underWay.add(volume)
      void this.#remove(volume).finally(() => this.#underWay.delete(volume))
    }
  }

  async #remove(volume: string): Promise<void> {
    const { directory, client, nodeName, inUse, clock, logger, signal } = this.#options
    for (let wait = retry.initialMs; !signal.aborted; wait = Math.min(wait * 2, retry.maxMs)) {
      try {
        if (!inUse(volume)) {
          await directory.remove(volume)
          const body = { metadata: { annotations: { [removalAnnotation(volume)]: 'done' } } }
          await client.patch(nodes, { name: nodeName }, { type: 'merge', body })
          logger.info({ volume }, 'volume removed')
          return
        }
      } catch (error) {
        logger.warn({ error, volume }, 'volume could not be removed')
      }
      await clock.sleep(wait, signal).catch(() => {})
    }
  }
}
