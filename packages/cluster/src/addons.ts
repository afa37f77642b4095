import { readFile } from 'node:fs/promises'
import type { Client } from '@tandem/client'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { createClient } from '@tandem/client/rest-client'
import { homePath } from './binaries.ts'
import { kubeconfigPath } from './kubeconfigs.ts'
import { applyObjects, parseManifests } from './manifests.ts'
import type { ClusterPlan } from './plan.ts'

const addons = ['deploy/addons/dns.yaml', 'deploy/addons/promotion.yaml']

/** What every cluster of ours holds beside what its API server makes by itself. */
export async function applyAddons(client: Client): Promise<void> {
  for (const addon of addons) await applyObjects(client, parseManifests(await readFile(homePath(addon), 'utf8')))
}

/** A client with the cluster's admin credentials, as on disk. */
export const adminClient = async (plan: ClusterPlan): Promise<Client> =>
  createClient(await loadKubeconfig(kubeconfigPath(plan, 'admin')))
