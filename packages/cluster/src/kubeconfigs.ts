import { join } from 'node:path'
import { createKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { dump } from 'js-yaml'
import { invokingUser, readFileIfThere, writeFileAtomically } from './files.ts'
import { pkiPath } from './pki.ts'
import type { ClusterPlan } from './plan.ts'

/** The file name of each identity's kubeconfig, and the certificate it uses. */
const identities = {
  admin: 'admin',
  kubelet: 'kubelet-client',
  'controller-manager': 'controller-manager',
  scheduler: 'scheduler',
  proxy: 'proxy',
  dns: 'dns',
  'promotion-reader': 'promotion-reader',
  'simulated-nodes': 'simulated-nodes',
} as const

export type Identity = keyof typeof identities

/** A kubeconfig's text for one or several identities; the last one's context is current. Keys are embedded. */
function kubeconfigOf(entries: readonly { plan: ClusterPlan; identity: Identity; address: string }[]): string {
  const configs = entries.map(({ plan, identity, address }) => ({
    context: plan.context,
    server: `https://${address}:${plan.ports.apiServer}`,
    user: `${plan.context}-${identity}`,
    ...readCredentials(plan, identity),
  }))
  return dump(createKubeconfig(configs, configs.at(-1)?.context))
}

/** Writes one file per identity below the cluster's directory; components reach their API server over loopback. */
export function writeKubeconfigs(plan: ClusterPlan): void {
  for (const identity of Object.keys(identities) as Identity[]) {
    if (identity === 'simulated-nodes' && !plan.simulatedNodes) continue
    const forPeople = identity === 'admin' || identity === 'promotion-reader'
    const content = kubeconfigOf([{ plan, identity, address: forPeople ? plan.hostAddress : '127.0.0.1' }])
    writeFileAtomically(kubeconfigPath(plan, identity), content, { owner: forPeople ? invokingUser() : undefined })
  }
}

/** Writes `<root>/kubeconfig`: every cluster's admin, staging current, owned by the user who ran `sudo`. */
export function writeMergedKubeconfig(root: string, plans: readonly ClusterPlan[]): string {
  const path = join(root, 'kubeconfig')
  const entries = plans.map((plan) => ({ plan, identity: 'admin' as const, address: plan.hostAddress }))
  writeFileAtomically(path, kubeconfigOf(entries), { owner: invokingUser() })
  return path
}

export const kubeconfigPath = (plan: ClusterPlan, identity: Identity): string =>
  join(plan.directory, `${identity}.conf`)

function readCredentials(plan: ClusterPlan, identity: Identity) {
  const read = (file: string): string => {
    const content = readFileIfThere(pkiPath(plan, file))
    if (content === undefined) throw new Error(`${pkiPath(plan, file)} is missing; run tandem up to make it`)
    return content
  }
  const base = identities[identity]
  return {
    certificateAuthority: read('ca.crt'),
    clientCertificate: read(`${base}.crt`),
    clientKey: read(`${base}.key`),
  }
}
