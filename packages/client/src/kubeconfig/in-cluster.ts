import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '@tandem/component-base'
import type { ClientConfig } from './config.ts'
import { tokenFromFile } from './token-file.ts'

const serviceAccountRoot = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface InClusterOptions {
  /** Where the service account volume is mounted. */
  root?: string
  env?: Readonly<Record<string, string | undefined>>
  clock?: Clock
}

/** The configuration every pod finds: the API server's Service in its environment, token and CA in its volume. */
export async function loadInClusterConfig(options: InClusterOptions = {}): Promise<ClientConfig> {
  const { root = serviceAccountRoot, env = process.env, clock = systemClock } = options
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) {
    throw new Error(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    )
  }
  const [certificateAuthority, namespace] = await Promise.all([
    readFile(join(root, 'ca.crt'), 'utf8'),
    readFile(join(root, 'namespace'), 'utf8').catch(() => undefined),
  ])
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    certificateAuthority,
    namespace: namespace?.trim(),
    token: tokenFromFile(join(root, 'token'), clock),
  }
}
