import type { FollowOptions } from '../follow.ts'
import type { Resources } from '../resources.ts'
import { bootstrapDefaultServiceCidr } from './default-service-cidr.ts'
import { firstAddress } from './first-address.ts'
import { bootstrapKubernetesService } from './kubernetes-service.ts'
import { bootstrapNamespaces } from './namespaces.ts'
import { bootstrapPriorityAndFairness } from './priority-and-fairness.ts'
import { bootstrapPriorityClasses } from './priority-classes.ts'
import { bootstrapRoles } from './roles.ts'

export interface KubernetesServiceKeeping {
  resources: Resources
  serviceClusterIpRange: string
  /** The host's address as it is now: it may change while the server runs. */
  advertise: () => string
  port: number
  following: FollowOptions
}

const checkEvery = 10_000

/** Writes what every cluster has from the start. */
export async function bootstrap(resources: Resources): Promise<void> {
  await bootstrapNamespaces(resources)
  await Promise.all([
    bootstrapRoles(resources),
    bootstrapPriorityClasses(resources),
    bootstrapPriorityAndFairness(resources),
  ])
}

/** Keeps `default/kubernetes` at the host's address. Resolves when it is right for the first time. */
export async function keepKubernetesService(keeping: KubernetesServiceKeeping): Promise<void> {
  const { resources, serviceClusterIpRange, advertise, port, following } = keeping
  const clusterIp = firstAddress(serviceClusterIpRange)
  const keep = () => bootstrapKubernetesService(resources, { clusterIp, address: advertise(), port })
  await bootstrapDefaultServiceCidr(resources, serviceClusterIpRange)
  await keep()
  void keepOn(keep, following)
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
