import type { Backend } from '@tandem/storage'
import type { FollowOptions } from '../follow.ts'
import type { Resources } from '../resources.ts'
import { bootstrapApiServices } from './api-services.ts'
import { bootstrapDefaultServiceCidr } from './default-service-cidr.ts'
import { firstAddress } from './first-address.ts'
import { bootstrapKubernetesService } from './kubernetes-service.ts'
import { bootstrapNamespaces } from './namespaces.ts'
import { bootstrapPriorityAndFairness } from './priority-and-fairness.ts'
import { bootstrapPriorityClasses } from './priority-classes.ts'
import { bootstrapRoles } from './roles.ts'
import { ServerLeases } from './server-leases.ts'

export interface KubernetesServiceKeeping {
  resources: Resources
  backend: Backend
  serviceClusterIpRange: string
  /** The host's address as it is now: it may change while the server runs. */
  advertise: () => string
  port: number
  following: FollowOptions
}

const checkEvery = 10_000
// Several servers that start at once get into each other's way.
const startTries = 20
const startPause = 250

/** Writes what every cluster has from the start. */
export async function bootstrap(resources: Resources): Promise<void> {
  await bootstrapNamespaces(resources)
  await Promise.all([
    bootstrapRoles(resources),
    bootstrapPriorityClasses(resources),
    bootstrapApiServices(resources),
    bootstrapPriorityAndFairness(resources),
  ])
}

/**
 * Keeps `default/kubernetes` at the addresses of all servers over the store. Resolves when it is right for the first time; returns what
 * takes this server's address away.
 */
export async function keepKubernetesService(keeping: KubernetesServiceKeeping): Promise<() => Promise<void>> {
  const { resources, backend, serviceClusterIpRange, advertise, port, following } = keeping
  const clusterIp = firstAddress(serviceClusterIpRange)
  const leases = backend.exclusive ? undefined : new ServerLeases(backend)
  const write = (addresses: readonly string[]) => bootstrapKubernetesService(resources, { clusterIp, addresses, port })
  const keep = async () => {
    const address = advertise()
    await leases?.renew(address)
    await write(leases ? await leases.addresses() : [address])
  }
  const start = async () => {
    await bootstrapDefaultServiceCidr(resources, serviceClusterIpRange)
    await keep()
  }
  for (let tries = 1; ; tries++)
    try {
      await start()
      break
    } catch (error) {
      if (backend.exclusive || tries === startTries) throw error
      await following.clock.sleep(startPause, following.signal)
    }
  const keeps = keepOn(keep, following)
  return async () => {
    await keeps
    if (!leases) return
    await leases.remove(advertise())
    const others = await leases.addresses()
    if (others.length > 0) await write(others)
  }
}

async function keepOn(keep: () => Promise<void>, { clock, logger, signal }: FollowOptions): Promise<void> {
  while (!signal.aborted)
    try {
      await clock.sleep(checkEvery, signal)
      await keep()
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'cannot keep the kubernetes service')
    }
}
