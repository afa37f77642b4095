import { type Flags, type FlagValues, UsageError } from '@tandem/component-base/flags/index'
import type { ApiServerOptions, EtcdStorage } from './options.ts'

/** Which store objects are kept in: LevelDB in a directory of this server's own, or an etcd that several share. */
export const storageFlags = {
  'storage-backend': {
    type: 'string',
    description:
      "The storage backend for persistence: 'etcd3' (also 'etcd') or 'level'; etcd3 where --etcd-servers is given",
  },
  'data-dir': { type: 'string', description: 'The directory in which the level backend keeps its files' },
  'storage-integrity-check': {
    type: 'string',
    default: 'quick',
    description: 'How much the level backend reads of its files before it uses them: quick, or deep for all',
  },
  'etcd-servers': {
    type: 'list',
    description: 'List of etcd servers to connect with (scheme://ip:port), comma separated',
  },
  'etcd-prefix': {
    type: 'string',
    default: '/registry',
    description: 'The prefix to prepend to all resource paths in etcd',
  },
  'etcd-cafile': { type: 'string', description: 'SSL Certificate Authority file used to secure etcd communication' },
  'etcd-certfile': { type: 'string', description: 'SSL certification file used to secure etcd communication' },
  'etcd-keyfile': { type: 'string', description: 'SSL key file used to secure etcd communication' },
  'etcd-compaction-interval': {
    type: 'duration',
    default: '5m0s',
    description: 'How long the past is kept for watches and lists; 0 leaves it to size, or with etcd to somebody else',
  },
  'etcd-count-metric-poll-period': {
    type: 'duration',
    default: '1m0s',
    description: 'Frequency of counting the stored objects of each type. 0 disables the metric collection',
  },
  'etcd-healthcheck-timeout': {
    type: 'duration',
    default: '2s',
    description: 'The timeout to use when checking etcd health',
  },
  'etcd-readycheck-timeout': {
    type: 'duration',
    default: '2s',
    description: 'The timeout to use when checking etcd readiness',
  },
  'lease-reuse-duration-seconds': {
    type: 'int',
    default: 60,
    description: 'The time in seconds that each lease is reused',
  },
} as const satisfies Flags

type Values = FlagValues<typeof storageFlags>

type StorageOptions = Pick<
  ApiServerOptions,
  'dataDir' | 'storageIntegrityCheck' | 'etcd' | 'etcdCompactionInterval' | 'etcdCountMetricPollPeriod'
>

export function storageOptionsOf(values: Values): StorageOptions {
  const common = {
    etcdCompactionInterval: values['etcd-compaction-interval'] / 1000,
    etcdCountMetricPollPeriod: values['etcd-count-metric-poll-period'] / 1000,
  }
  if (wantsEtcd(values)) return { etcd: etcdOf(values), ...common }
  const dataDir = values['data-dir']
  if (!dataDir) throw new UsageError('--data-dir is required')
  return { dataDir, storageIntegrityCheck: integrityCheck(values['storage-integrity-check']), ...common }
}

function wantsEtcd(values: Values): boolean {
  const backend = values['storage-backend']
  const servers = values['etcd-servers'].length > 0
  if (!backend) return servers
  if (backend === 'level') {
    if (servers) throw new UsageError('--etcd-servers is not for --storage-backend=level')
    return false
  }
  if (backend !== 'etcd3' && backend !== 'etcd')
    throw new UsageError(`--storage-backend: unknown backend ${JSON.stringify(backend)}, allowed values: etcd3, level`)
  if (!servers) throw new UsageError('--etcd-servers must be specified')
  return true
}

function etcdOf(values: Values): EtcdStorage {
  const files = { caFile: values['etcd-cafile'], certFile: values['etcd-certfile'], keyFile: values['etcd-keyfile'] }
  return {
    servers: values['etcd-servers'],
    prefix: values['etcd-prefix'],
    ...(Object.fromEntries(Object.entries(files).filter(([, file]) => file)) as Partial<EtcdStorage>),
    healthcheckTimeout: values['etcd-healthcheck-timeout'] / 1000,
    readycheckTimeout: values['etcd-readycheck-timeout'] / 1000,
    leaseReuseDuration: values['lease-reuse-duration-seconds'],
  }
}

function integrityCheck(value: string): 'quick' | 'deep' {
  if (value === 'quick' || value === 'deep') return value
  throw new UsageError(`--storage-integrity-check: ${JSON.stringify(value)} is neither quick nor deep`)
}
