import type { FollowOptions } from '../follow.ts'
import type { Resources } from '../resources.ts'
import { firstAddress } from './first-address.ts'
import { bootstrapKubernetesService } from './kubernetes-service.ts'
import { bootstrapNamespaces } from './namespaces.ts'
import { bootstrapPriorityClasses } from './priority-classes.ts'
import { bootstrapRoles } from './roles.ts'

export interface BootstrapOptions {
  resources: Resources
  serviceClusterIpRange: string
  /** The host's address as it is now: it may change while the server runs. */
  advertise: () => string
  port: number
  following: FollowOptions
}

const checkEvery = 10_000

/** Writes what every cluster has from the start, and keeps `default/kubernetes` at the host's address from then on. */
export async function bootstrap({
  resources,
  serviceClusterIpRange,
  advertise,
  port,
  following,
}: BootstrapOptions): Promise<void> {
  const clusterIp = firstAddress(serviceClusterIpRange)
  await bootstrapNamespaces(resources)
  await Promise.all([bootstrapRoles(resources), bootstrapPriorityClasses(resources)])
  const keepService = () => bootstrapKubernetesService(resources, { clusterIp, address: advertise(), port })
  await keepService()
  void keepOn(keepService, following)
}

async function keepOn(keepService: () => Promise<void>, { clock, logger, signal }: FollowOptions): Promise<void> {
  while (!signal.aborted)
    try {
      await clock.sleep(checkEvery, signal)
      await keepService()
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'cannot keep the kubernetes service')
    }
}
