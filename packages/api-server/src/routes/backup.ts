import { Readable } from 'node:stream'
import { methodNotSupported } from '@tandem/apimachinery'
import type { Backend } from '@tandem/storage'
import { encodeBackup } from '@tandem/storage/backup/format'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { BackupAttributes } from '../registry/store-files.ts'
import { addWarnings } from '../request/respond.ts'
import type { RouteHandler } from './routes.ts'

export { backupPath } from '../request/context.ts'

/** Everything that is stored, Secrets too, as of one revision, while the server goes on serving. */
export const backupHandler =
  (backend: Backend, attributes: BackupAttributes): RouteHandler =>
  async (_request, reply) => {
    // etcd has backups of its own: etcdctl snapshot save.
    if (!(backend instanceof LevelBackend)) throw methodNotSupported({ group: '', resource: 'etcd' }, 'backup')
    const backup = await backend.backup({ ...attributes })
    addWarnings(reply)
    await reply
      .header('content-type', 'application/octet-stream')
      .header('cache-control', 'no-store')
      .send(Readable.from(encodeBackup(backup), { objectMode: false }))
  }
