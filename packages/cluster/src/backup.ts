import { existsSync } from 'node:fs'
import { chown, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  BackupError,
  type BackupSummary,
  backupOfFiles,
  checkBackup,
  type Restored,
  restoreFiles,
} from '@tandem/api-server/registry/store-files'
import { backupOfEtcd, restoreIntoEtcd } from '@tandem/api-server/registry/store-migration'
import { backupPath } from '@tandem/api-server/routes/backup'
import { loadKubeconfig } from '@tandem/client/kubeconfig/kubeconfig'
import { Agent, request } from 'undici'
import { invokingUser } from './files.ts'
import { kubeconfigPath } from './kubeconfigs.ts'
import { withLock } from './lock.ts'
import type { ClusterPlan } from './plan.ts'
import { mayWrite } from './running.ts'
import { dataDirectory, etcdOf } from './storage.ts'

export interface BackupResult extends BackupSummary {
  file: string
}

/**
 * Writes everything that a cluster stores into a file, as of one revision: asks its API server, or reads the store itself where none
 * runs. The file appears whole and checked.
 */
export async function backupCluster(plan: ClusterPlan, file: string): Promise<BackupResult> {
  if (existsSync(file)) throw new BackupError(`${file} is there already`)
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}.new`
  try {
    await writeDurably(draft, contentOf(plan))
    const summary = await checkBackup(draft)
    const owner = invokingUser()
    if (owner) await chown(draft, owner.uid, owner.gid)
    await rename(draft, file)
    return { file, ...summary }
  } finally {
    await rm(draft, { force: true })
  }
}

/** Puts what is in a backup in place of what a cluster stores. Refused while the cluster runs. */
export const restoreCluster = (plan: ClusterPlan, file: string, root: string): Promise<BackupSummary & Restored> =>
  withLock(root, async () => {
    if (mayWrite(plan)) throw new BackupError(`${plan.name} is running; stop it with tandem down ${plan.name}`)
    // All of it is read before anything is changed.
    const summary = await checkBackup(file)
    checkOrigin(summary, plan, file)
    const etcd = etcdOf(plan)
    if (etcd) return { ...summary, ...(await restoreIntoEtcd(etcd, file)), before: undefined }
    return { ...summary, ...(await restoreFiles(dataDirectory(plan), file)) }
  })

function checkOrigin({ attributes }: BackupSummary, plan: ClusterPlan, file: string): void {
  const { serviceClusterIpRange: range } = attributes
  if (range === undefined || range === plan.serviceCidr) return
  throw new BackupError(
    `${file} is of a cluster whose Services are in ${range}; those of ${plan.name} are in ${plan.serviceCidr}, where its Services could not be reached`,
  )
}

async function* contentOf(plan: ClusterPlan): AsyncGenerator<Uint8Array> {
  const config = await loadKubeconfig(kubeconfigPath(plan, 'admin'))
  const { certificateAuthority: ca, clientCertificate: cert, clientKey: key } = config
  const dispatcher = new Agent({ connect: { ca, cert, key }, bodyTimeout: 0 })
  try {
    const answer = await request(config.server + backupPath, { dispatcher }).catch(undefinedIfRefused)
    if (answer?.statusCode === 200) yield* answer.body
    else if (answer) throw new BackupError(`${plan.name}: the API server answered: ${await answer.body.text()}`)
    else yield* storedOf(plan)
  } finally {
    await dispatcher.destroy()
  }
}

function storedOf(plan: ClusterPlan): AsyncIterable<Uint8Array> {
  const attributes = { serviceClusterIpRange: plan.serviceCidr }
  const etcd = etcdOf(plan)
  return etcd ? backupOfEtcd(etcd, attributes) : backupOfFiles(dataDirectory(plan), attributes)
}

function undefinedIfRefused(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ECONNREFUSED') throw error
}

/** Readable by its owner alone: Secrets are in it. */
async function writeDurably(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for await (const bytes of content) await file.appendFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
