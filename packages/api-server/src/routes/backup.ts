import { Readable } from 'node:stream'
import { methodNotSupported } from '@tandem/apimachinery'
import type { Backend } from '@tandem/storage'
import { encodeBackup } from '@tandem/storage/backup/format'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { EtcdStorage } from '../options.ts'
import type { BackupAttributes } from '../registry/store-files.ts'
import { backupOfEtcd } from '../registry/store-migration.ts'
import { addWarnings } from '../request/respond.ts'
import type { RouteHandler } from './routes.ts'

export { backupPath } from '../request/context.ts'

interface BackedUp {
  backend: Backend
  /** What the backend leads to, where it is an etcd. */
  etcd: EtcdStorage | undefined
}

/** Everything that is stored, Secrets too, as of one revision, while the server goes on serving. */
export const backupHandler =
  ({ backend, etcd }: BackedUp, attributes: BackupAttributes): RouteHandler =>
  async (_request, reply) => {
    const content = etcd ? backupOfEtcd(etcd, attributes) : await backupOfLevel(backend, attributes)
    addWarnings(reply)
    await reply
      .header('content-type', 'application/octet-stream')
      .header('cache-control', 'no-store')
      .send(Readable.from(content, { objectMode: false }))
  }

async function backupOfLevel(backend: Backend, attributes: BackupAttributes): Promise<AsyncIterable<Uint8Array>> {
  if (!(backend instanceof LevelBackend)) throw methodNotSupported({ group: '', resource: 'backups' }, 'get')
  return encodeBackup(await backend.backup({ ...attributes }))
}
