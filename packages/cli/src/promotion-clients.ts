import type { Client } from '@tandem/client'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { createClient } from '@tandem/client/rest-client'
import { kubeconfigPath } from '@tandem/cluster/kubeconfigs'
import { readPlans } from '@tandem/cluster/prepare'
import { UsageError } from './command.ts'

/** Staging read with a credential that can only read, and prod with the admin's. */
export async function withPromotionClients<Result>(
  root: string,
  use: (clients: { source: Client; target: Client }) => Promise<Result>,
): Promise<Result> {
  const plans = readPlans(root)
  const staging = plans.find(({ name }) => name === 'staging')
  const prod = plans.find(({ name }) => name === 'prod')
  if (!staging || !prod)
    throw new UsageError(`promotion needs prod and staging below ${root}; tandem up brings both up`)
  const source = createClient(await loadKubeconfig(kubeconfigPath(staging, 'promotion-reader')))
  const target = createClient(await loadKubeconfig(kubeconfigPath(prod, 'admin')))
  try {
    return await use({ source, target })
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}
