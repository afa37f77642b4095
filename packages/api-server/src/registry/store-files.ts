import { createReadStream, existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { BackupError } from '@tandem/storage/backup/backup'
import { decodeBackup, encodeBackup } from '@tandem/storage/backup/format'
import { type Restored, restoreBackup } from '@tandem/storage/level/backup'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import { storeDirectory } from './open-backend.ts'

/** What a backup says of the server it came from, for who restores it. */
export interface BackupAttributes {
  serviceClusterIpRange: string
}

export interface BackupSummary {
  revision: number
  created: string
  attributes: Partial<BackupAttributes>
  entries: number
}

/** The bytes of a backup, from the data directory of a server that does not run. */
export async function* backupOfFiles(dataDir: string, attributes: BackupAttributes): AsyncGenerator<Uint8Array> {
  const directory = storeDirectory(dataDir)
  if (!existsSync(directory)) throw new BackupError(`nothing is stored in ${directory}`)
  const store = await LevelBackend.open({ directory })
  try {
    yield* encodeBackup(await store.backup({ ...attributes }))
  } finally {
    await store.close()
  }
}

/** Reads all of a backup; throws a BackupError when it is not whole. */
export async function checkBackup(file: string): Promise<BackupSummary> {
  const { header, entries } = await decodeBackup(createReadStream(file), file)
  let count = 0
  for await (const _ of entries) count++
  return { ...header, entries: count }
}

/** Puts a backup in place of what lies in the data directory of a server that does not run. */
export async function restoreFiles(dataDir: string, file: string): Promise<Restored> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  return restoreBackup(storeDirectory(dataDir), await decodeBackup(createReadStream(file), file))
}

export { BackupError, type Restored }
