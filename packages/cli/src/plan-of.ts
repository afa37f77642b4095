import type { ClusterPlan } from '@tandem/cluster/plan'
import { readPlans } from '@tandem/cluster/prepare'
import { UsageError } from './command.ts'

/** The plan of a cluster that was prepared below the root. */
export function planOf(root: string, cluster: string): ClusterPlan {
  const plan = readPlans(root).find(({ name }) => name === cluster)
  if (!plan) throw new UsageError(`there is no cluster ${cluster} below ${root}; tandem up makes one`)
  return plan
}
