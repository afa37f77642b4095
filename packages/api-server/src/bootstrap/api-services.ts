import { apiServices } from '@tandem/api/apiregistration/v1/apiservice'
import { isNotFound } from '@tandem/apimachinery'
import { groupPriority, versionPriority } from '../discovery/group-priority.ts'
import type { Resources } from '../resources.ts'
import { ensure } from './ensure.ts'

const automanaged = 'kube-aggregator.kubernetes.io/automanaged'
const own = 'apiregistration.k8s.io'

/**
 * An APIService for every group version that this server serves itself; those that it does no longer go. What stands in one's place
 * already stays: somebody may have put a server of their own there.
 */
export async function bootstrapApiServices(resources: Resources): Promise<void> {
  const store = resources.store(apiServices)
  const served = new Map(
    resources
      .definitions()
      .filter(({ group, custom }) => group !== own && !custom)
      .map(({ group, version }) => [`${version}.${group}`, { group, version }]),
  )
  await Promise.all(
    [...served].map(([name, { group, version }]) =>
      ensure(store, {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name, labels: { [automanaged]: 'onstart' } },
        spec: {
          ...(group && { group }),
          version,
          groupPriorityMinimum: groupPriority(group),
          versionPriority: versionPriority(group, version),
        },
      }),
    ),
  )
  const { entries } = await store.list({ labelSelector: `${automanaged}=onstart` })
  const stale = entries.filter(({ name }) => !served.has(name))
  await Promise.all(
    stale.map(({ name }) =>
      store.delete({ name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      }),
    ),
  )
}
