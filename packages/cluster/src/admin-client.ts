import type { Client } from '@tandem/client'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { createClient } from '@tandem/client/rest-client'
import { kubeconfigPath } from './kubeconfigs.ts'
import type { ClusterPlan } from './plan.ts'

/** A client with the cluster's admin credentials, as on disk. */
export const adminClient = async (plan: ClusterPlan): Promise<Client> =>
  createClient(await loadKubeconfig(kubeconfigPath(plan, 'admin')))
