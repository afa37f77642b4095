import { join } from 'node:path'
import { namespaces } from '@tandem/api/core/v1/namespace'
import type { ComponentContext, Logger } from '@tandem/component-base'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { ApiServerOptions } from '../options.ts'
import { allocateForServices } from './allocators/service-allocation.ts'
import { StoreRegistry } from './registry.ts'
import { namespaceDeletion } from './subresources/namespace-deletion.ts'

type StoreOptions = Pick<
  ApiServerOptions,
  | 'backend'
  | 'dataDir'
  | 'etcdCompactionInterval'
  | 'storageIntegrityCheck'
  | 'eventTtl'
  | 'serviceClusterIpRange'
  | 'serviceNodePortRange'
>

export interface OpenedRegistry {
  registry: StoreRegistry
  /** Stops what works in the background, and closes the store unless it was given. */
  close(): Promise<void>
}

function openLevel(
  { dataDir = '.', etcdCompactionInterval, storageIntegrityCheck = 'quick' }: StoreOptions,
  logger: Logger,
): Promise<LevelBackend> {
  // As with upstream's flag, 0 is never.
  const milliseconds = etcdCompactionInterval === 0 ? Number.POSITIVE_INFINITY : (etcdCompactionInterval ?? 300) * 1000
  return LevelBackend.open({
    directory: join(dataDir, 'store'),
    retention: { milliseconds },
    integrityCheck: storageIntegrityCheck,
    onAlarm: ({ type, state, message }) =>
      logger[state === 'raised' ? 'error' : 'info']({ alarm: type, state }, message),
  })
}

/** Opens the store that the options name, with what resources do around their writes. */
export async function openRegistry(
  options: StoreOptions,
  { logger, clock }: ComponentContext,
): Promise<OpenedRegistry> {
  const backend = options.backend ?? (await openLevel(options, logger))
  const registry = await StoreRegistry.open({
    backend,
    now: clock.now,
    onError: (err) => logger.error({ err }, 'the watch caches lost the store and begin anew'),
    ...(options.eventTtl !== undefined && { eventTtlSeconds: options.eventTtl }),
  })
  registry.hook(namespaces, namespaceDeletion)
  const { serviceClusterIpRange, serviceNodePortRange } = options
  const stop = await allocateForServices({ registry, serviceClusterIpRange, serviceNodePortRange, clock, logger })
  return {
    registry,
    async close() {
      stop()
      await registry.close()
      if (!options.backend) await backend.close()
    },
  }
}
