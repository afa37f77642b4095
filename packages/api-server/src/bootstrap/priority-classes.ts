import { priorityClasses } from '@tandem/api/scheduling/v1/priorityclass'
import type { Resources } from '../resources.ts'
import { ensure } from './ensure.ts'

const systemClasses = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
]

export async function bootstrapPriorityClasses(resources: Resources): Promise<void> {
  const store = resources.store(priorityClasses)
  await Promise.all(
    systemClasses.map(({ name, value, description }) =>
      ensure(store, {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
      }),
    ),
  )
}
