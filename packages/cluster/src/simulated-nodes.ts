import { nodes } from '@tandem/api/core/v1/node'
import { simulatedNodeLabel } from '@tandem/api/core/v1/simulated-node'
import { adminClient } from './admin-client.ts'
import type { ClusterPlan } from './plan.ts'

/** Takes away what a process that no longer runs kept alive. Their pods follow: the pod garbage collector sees to that. */
export async function removeSimulatedNodes(plan: ClusterPlan): Promise<void> {
  const client = await adminClient(plan)
  try {
    await client.deleteCollection(nodes, { labelSelector: `${simulatedNodeLabel}=true` })
  } finally {
    await client.close()
  }
}
