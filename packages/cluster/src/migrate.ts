import { BackupError } from '@tandem/api-server/registry/store-files'
import { type Moved, moveIntoEtcd, moveOutOfEtcd, setFilesAside } from '@tandem/api-server/registry/store-migration'
import { writeFileAtomically } from './files.ts'
import { withLock } from './lock.ts'
import type { ClusterPlan } from './plan.ts'
import { planPath } from './prepare.ts'
import { mayWrite } from './running.ts'
import { dataDirectory, etcdOf, storeOf, withoutStore } from './storage.ts'

export interface MigrateOptions {
  root: string
  /** Told how many objects are there, once in a while. */
  onProgress?(entries: number): void
}

/** Moves what a stopped cluster stores from its directory into an etcd, where nothing may be yet. The plan names the etcd from then on. */
export const migrateToEtcd = (
  plan: ClusterPlan,
  store: Partial<ClusterPlan>,
  { root, onProgress }: MigrateOptions,
): Promise<Moved> =>
  withLock(root, async () => {
    mustBeStopped(plan)
    if (plan.etcdServers) throw new BackupError(`${plan.name} is in etcd already, at ${plan.etcdServers}`)
    const next = { ...plan, ...storeOf(store) }
    const etcd = etcdOf(next)
    if (!etcd) throw new BackupError('--etcd-servers must be specified')
    const moved = await moveIntoEtcd(dataDirectory(plan), etcd, onProgress ? { onProgress } : {})
    writePlan(next)
    await setFilesAside(dataDirectory(plan))
    return moved
  })

/** Moves what a stopped cluster stores in etcd into its directory. What is in etcd stays there, and is read by nobody any more. */
export const migrateToLevel = (plan: ClusterPlan, { root }: MigrateOptions): Promise<Moved> =>
  withLock(root, async () => {
    mustBeStopped(plan)
    const etcd = etcdOf(plan)
    if (!etcd) throw new BackupError(`${plan.name} is not in etcd`)
    const moved = await moveOutOfEtcd(etcd, dataDirectory(plan))
    writePlan(withoutStore(plan))
    return moved
  })

function mustBeStopped(plan: ClusterPlan): void {
  if (mayWrite(plan)) throw new BackupError(`${plan.name} is running; stop it with tandem down ${plan.name}`)
}

const writePlan = (plan: ClusterPlan): void =>
  writeFileAtomically(planPath(plan.directory), `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o644 })
