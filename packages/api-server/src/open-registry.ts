import type { Backend } from '@tandem/storage'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { ComponentContext } from '@tandem/component-base'
import type { ApiServerOptions } from './options.ts'
import { StoreRegistry } from './registry/registry.ts'

export interface OpenRegistry {
  registry: StoreRegistry
  close(): Promise<void>
}

/** Opens the store and what reads it. A backend that was given open stays open. */
export async function openRegistry(options: ApiServerOptions, { clock, logger }: ComponentContext): Promise<OpenRegistry> {
  const backend = options.backend ?? (await openBackend(options))
  const registry = await StoreRegistry.open({
    backend,
    ...(options.eventTtl !== undefined && { eventTtlSeconds: options.eventTtl }),
    now: clock.now,
    onError: (error) => logger.error({ err: error }, 'the caches lost track of the store and begin anew'),
  })
  return {
    registry,
    async close() {
      await registry.close()
      if (!options.backend) await backend.close()
    },
  }
}

function openBackend({ dataDir }: ApiServerOptions): Promise<Backend> {
  if (!dataDir) throw new TypeError('the level backend needs a data directory')
  return LevelBackend.open({ directory: dataDir })
}
