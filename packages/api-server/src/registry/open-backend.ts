import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@tandem/component-base'
import type { Backend } from '@tandem/storage'
import type { EtcdOptions } from '@tandem/storage/etcd/etcd-backend'
import { LevelBackend } from '@tandem/storage/level/level-backend'
import type { ApiServerOptions, EtcdStorage } from '../options.ts'
import { registryPrefix } from './keys.ts'

export type BackendOptions = Pick<
  ApiServerOptions,
  'dataDir' | 'storageIntegrityCheck' | 'etcd' | 'etcdCompactionInterval'
>

const fiveMinutes = 300

/** Where LevelDB's files lie in the directory of `--data-dir`. */
export const storeDirectory = (dataDir: string): string => join(dataDir, 'store')

/** Opens the store that the options name. */
export function openBackend(options: BackendOptions, logger: Logger): Promise<Backend> {
  const {
    etcd,
    dataDir = '.',
    storageIntegrityCheck = 'quick',
    etcdCompactionInterval: seconds = fiveMinutes,
  } = options
  if (etcd) return openEtcd(etcd, { compactionInterval: seconds * 1000, logger })
  return LevelBackend.open({
    directory: storeDirectory(dataDir),
    // As with upstream's flag, 0 is never.
    retention: { milliseconds: seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000 },
    integrityCheck: storageIntegrityCheck,
    onAlarm: ({ type, state, message }) =>
      logger[state === 'raised' ? 'error' : 'info']({ alarm: type, state }, message),
  })
}

/** With the files read that the flags name. */
export async function etcdOptions(etcd: EtcdStorage): Promise<EtcdOptions> {
  const read = (file: string | undefined) => (file ? readFile(file) : undefined)
  const [ca, cert, key] = await Promise.all([read(etcd.caFile), read(etcd.certFile), read(etcd.keyFile)])
  return {
    servers: etcd.servers,
    tls: { ca, cert, key },
    prefix: etcd.prefix ?? '/registry',
    inPlaceOf: registryPrefix.slice(0, -1),
    leaseReuseSeconds: etcd.leaseReuseDuration,
  }
}

async function openEtcd(
  etcd: EtcdStorage,
  { compactionInterval, logger }: { compactionInterval: number; logger: Logger },
): Promise<Backend> {
  // gRPC is not loaded by servers that have no use for it.
  const { openEtcdStore } = await import('@tandem/storage/etcd/etcd-store')
  const onError = (err: unknown) => logger.warn({ err }, 'etcd was not compacted')
  return openEtcdStore({ ...(await etcdOptions(etcd)), compactionInterval, onError })
}
