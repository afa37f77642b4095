import { customResourceDefinitions } from '@tandem/api/apiextensions/v1/customresourcedefinition'
import { namespaces } from '@tandem/api/core/v1/namespace'
import type { ComponentContext } from '@tandem/component-base'
import type { Backend } from '@tandem/storage'
import { definitionDeletion } from '../custom-resources/deletion.ts'
import { type Encryption, openEncryption } from '../encryption/encryption.ts'
import type { ApiServerOptions } from '../options.ts'
import { allocateForServices } from './allocators/service-allocation.ts'
import { type BackendOptions, openBackend } from './open-backend.ts'
import { StoreRegistry } from './registry.ts'
import { namespaceDeletion } from './subresources/namespace-deletion.ts'

type StoreOptions = BackendOptions &
  Pick<
    ApiServerOptions,
    'backend' | 'encryptionProviderConfig' | 'eventTtl' | 'serviceClusterIpRange' | 'serviceNodePortRange'
  >

export interface OpenedRegistry {
  /** The store itself, in which values are as they are kept. */
  backend: Backend
  encryption: Encryption | undefined
  registry: StoreRegistry
  /** Stops what works in the background, and closes the store unless it was given. */
  close(): Promise<void>
}

/** Opens the store that the options name, with what resources do around their writes. */
export async function openRegistry(
  options: StoreOptions,
  { logger, clock }: ComponentContext,
): Promise<OpenedRegistry> {
  const backend = options.backend ?? (await openBackend(options, logger))
  const encryption = await openEncryption(backend, options).catch(async (error) => {
    if (!options.backend) await backend.close()
    throw error
  })
  const registry = await StoreRegistry.open({
    backend: encryption?.backend ?? backend,
    now: clock.now,
    onError: (err) => logger.error({ err }, 'the watch caches lost the store and begin anew'),
    ...(options.eventTtl !== undefined && { eventTtlSeconds: options.eventTtl }),
  })
  registry.hook(namespaces, namespaceDeletion)
  registry.hook(customResourceDefinitions, definitionDeletion)
  const { serviceClusterIpRange, serviceNodePortRange } = options
  const stop = await allocateForServices({ registry, serviceClusterIpRange, serviceNodePortRange, clock, logger })
  return {
    backend,
    encryption,
    registry,
    async close() {
      stop()
      await registry.close()
      if (!options.backend) await backend.close()
    },
  }
}
