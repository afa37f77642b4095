import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { BackupError } from '@tandem/storage/backup/backup'
import { decodeBackup, encodeBackup } from '@tandem/storage/backup/format'
import type { RestoreToEtcd } from '@tandem/storage/etcd/etcd-restore'
import { restoreBackup, revisionLeap } from '@tandem/storage/level/backup'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { EtcdStorage } from '../options.ts'
import { etcdOptions, storeDirectory } from './open-backend.ts'
import type { BackupAttributes } from './store-files.ts'

// gRPC is loaded where it is used alone: every command of the CLI, and every server, would wait for it.
const backups = () => import('@tandem/storage/etcd/etcd-backup')
const restores = () => import('@tandem/storage/etcd/etcd-restore')

export interface Moved {
  entries: number
  from: string
  to: string
}

/** Moves what lies in the data directory of a server that does not run into an etcd that has nothing there. The files are moved aside. */
export async function moveIntoEtcd(dataDir: string, etcd: EtcdStorage, options: RestoreToEtcd): Promise<Moved> {
  const directory = storeDirectory(dataDir)
  if (!existsSync(directory)) throw new BackupError(`nothing is stored in ${directory}`)
  const { restoreEtcd } = await restores()
  const store = await LevelBackend.open({ directory, integrityCheck: 'deep' })
  try {
    const { entries } = await restoreEtcd(await etcdOptions(etcd), await store.backup(), options)
    return { entries, from: directory, to: nameOf(etcd) }
  } finally {
    await store.close()
  }
}

/** After what lay there was moved, so that nobody takes it for the present. */
export async function setFilesAside(dataDir: string, now: Date = new Date()): Promise<void> {
  const directory = storeDirectory(dataDir)
  await rename(directory, `${directory}.before-${now.toISOString().replaceAll(/[:.]/g, '-')}`)
}

/** Moves what servers that do not run kept in etcd into a data directory. What is in etcd stays there. */
export async function moveOutOfEtcd(etcd: EtcdStorage, dataDir: string): Promise<Moved> {
  const { backupEtcd } = await backups()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const directory = storeDirectory(dataDir)
  const { entries } = await restoreBackup(directory, await backupEtcd(await etcdOptions(etcd)))
  return { entries, from: nameOf(etcd), to: directory }
}

/** The bytes of a backup, from etcd itself. */
export async function* backupOfEtcd(etcd: EtcdStorage, attributes: BackupAttributes): AsyncGenerator<Uint8Array> {
  const { backupEtcd } = await backups()
  yield* encodeBackup(await backupEtcd(await etcdOptions(etcd), { attributes: { ...attributes } }))
}

/** Puts a backup into an etcd that has nothing there. Clients have seen revisions that came after it: none of these is given again. */
export async function restoreIntoEtcd(etcd: EtcdStorage, file: string): Promise<{ entries: number }> {
  const { restoreEtcd } = await restores()
  const { header, entries } = await decodeBackup(createReadStream(file), file)
  const leaped = { ...header, revision: header.revision + revisionLeap }
  return restoreEtcd(await etcdOptions(etcd), { header: leaped, entries })
}

const nameOf = ({ prefix, servers }: EtcdStorage): string => `etcd's ${prefix} at ${servers.join(',')}`
