import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EtcdStorage } from '@tandem/api-server/options'
import { storeDirectory } from '@tandem/api-server/registry/open-backend'
import type { ClusterPlan } from './plan.ts'

/** Where the API server keeps what it stores, unless that is an etcd. */
export const dataDirectory = ({ directory }: Pick<ClusterPlan, 'directory'>): string => join(directory, 'data')

/** The etcd that a plan names; undefined where the cluster keeps what it stores in its own directory. */
export function etcdOf(plan: Partial<ClusterPlan> & Pick<ClusterPlan, 'name'>): EtcdStorage | undefined {
  const { name, etcdServers, etcdPrefix: prefix = `/tandem/${name}` } = plan
  if (!etcdServers) return undefined
  return {
    servers: etcdServers.split(','),
    prefix,
    ...(plan.etcdCafile && { caFile: plan.etcdCafile }),
    ...(plan.etcdCertfile && { certFile: plan.etcdCertfile }),
    ...(plan.etcdKeyfile && { keyFile: plan.etcdKeyfile }),
  }
}

const storeKeys = ['etcdServers', 'etcdPrefix', 'etcdCafile', 'etcdCertfile', 'etcdKeyfile'] as const

/** The part of a plan that says where objects are stored. */
export const storeOf = (plan: Partial<ClusterPlan>): Partial<ClusterPlan> =>
  Object.fromEntries(storeKeys.flatMap((key) => (plan[key] === undefined ? [] : [[key, plan[key]]])))

/** The same cluster with its objects in its own directory. */
export function withoutStore(plan: ClusterPlan): ClusterPlan {
  const next = { ...plan }
  for (const key of storeKeys) delete next[key]
  return next
}

/** What the API server is told of where it keeps things. */
export function storageFlags(plan: ClusterPlan): string[] {
  const etcd = etcdOf(plan)
  if (!etcd) return [`--data-dir=${dataDirectory(plan)}`]
  const { servers, prefix, caFile, certFile, keyFile } = etcd
  const files = { cafile: caFile, certfile: certFile, keyfile: keyFile }
  return [
    '--storage-backend=etcd3',
    `--etcd-servers=${servers.join(',')}`,
    `--etcd-prefix=${prefix}`,
    ...Object.entries(files).flatMap(([flag, file]) => (file ? [`--etcd-${flag}=${file}`] : [])),
  ]
}

/** Why a plan must not follow an earlier one: the cluster would come up empty. */
export function storageConflict(earlier: ClusterPlan | undefined, plan: ClusterPlan): string | undefined {
  if (!earlier || !existsSync(storeDirectory(dataDirectory(earlier))) || earlier.etcdServers || !plan.etcdServers)
    return undefined
  return `${plan.name} stores what it has in ${dataDirectory(earlier)}; tandem migrate ${plan.name} etcd moves it, or remove the cluster first`
}
