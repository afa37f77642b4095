import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { load as parseYaml } from 'js-yaml'
import type { ClientConfig } from './config.ts'
import { tokenFromFile } from './token-file.ts'

/** A kubeconfig file as kubectl reads and writes it. */
export interface Kubeconfig {
  apiVersion: 'v1'
  kind: 'Config'
  clusters: { name: string; cluster: KubeconfigCluster }[]
  users: { name: string; user: KubeconfigUser }[]
  contexts: { name: string; context: KubeconfigContext }[]
  'current-context': string
  preferences?: object
}

export interface KubeconfigCluster {
  server: string
  'certificate-authority'?: string
  'certificate-authority-data'?: string
  'insecure-skip-tls-verify'?: boolean
  'tls-server-name'?: string
}

export interface KubeconfigUser {
  'client-certificate'?: string
  'client-certificate-data'?: string
  'client-key'?: string
  'client-key-data'?: string
  token?: string
  tokenFile?: string
}

export interface KubeconfigContext {
  cluster: string
  user: string
  namespace?: string
}

export interface LoadKubeconfigOptions {
  /** The current context unless given. */
  context?: string | undefined
}

/** Reads a kubeconfig file; files it points to are relative to it. */
export async function loadKubeconfig(path: string, options: LoadKubeconfigOptions = {}): Promise<ClientConfig> {
  const text = await readFile(path, 'utf8')
  return resolveKubeconfig(parseKubeconfig(text, path), { ...options, directory: dirname(resolve(path)) })
}

export function parseKubeconfig(text: string, path = 'kubeconfig'): Kubeconfig {
  const parsed: unknown = text.trim() === '' ? undefined : parseYaml(text)
  if (typeof parsed !== 'object' || parsed === null || (parsed as { kind?: unknown }).kind !== 'Config') {
    throw new Error(`${path} is not a kubeconfig: it has no kind Config`)
  }
  return parsed as Kubeconfig
}

/** What a context of a kubeconfig stands for, with the files it names read in. */
export async function resolveKubeconfig(
  kubeconfig: Kubeconfig,
  { context: wanted, directory = '.' }: LoadKubeconfigOptions & { directory?: string } = {},
): Promise<ClientConfig> {
  const contextName = wanted ?? kubeconfig['current-context']
  const context = kubeconfig.contexts?.find(({ name }) => name === contextName)?.context
  if (!context) throw new Error(`context ${JSON.stringify(contextName)} does not exist`)
  const cluster = kubeconfig.clusters?.find(({ name }) => name === context.cluster)?.cluster
  if (!cluster) throw new Error(`cluster ${JSON.stringify(context.cluster)} does not exist`)
  const user = kubeconfig.users?.find(({ name }) => name === context.user)?.user ?? {}

  const content = async (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64').toString('utf8') : file ? readFile(resolve(directory, file), 'utf8') : undefined
  const [certificateAuthority, clientCertificate, clientKey] = await Promise.all([
    content(cluster['certificate-authority-data'], cluster['certificate-authority']),
    content(user['client-certificate-data'], user['client-certificate']),
    content(user['client-key-data'], user['client-key']),
  ])
  return {
    server: cluster.server.replace(/\/+$/, ''),
    certificateAuthority,
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'],
    tlsServerName: cluster['tls-server-name'],
    clientCertificate,
    clientKey,
    token: user.tokenFile ? tokenFromFile(resolve(directory, user.tokenFile)) : user.token,
    namespace: context.namespace,
  }
}

export interface KubeconfigEntry {
  context: string
  server: string
  user: string
  certificateAuthority: string
  clientCertificate?: string
  clientKey?: string
  token?: string
  namespace?: string
}

/** A kubeconfig with a cluster, a user and a context for each entry; the first is current. */
export function createKubeconfig(entries: readonly KubeconfigEntry[], current = entries[0]?.context): Kubeconfig {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: entries.map(({ context, server, certificateAuthority }) => ({
      name: context,
      cluster: { server, 'certificate-authority-data': base64(certificateAuthority) },
    })),
    users: entries.map(({ user, clientCertificate, clientKey, token }) => ({
      name: user,
      user: {
        ...(clientCertificate && { 'client-certificate-data': base64(clientCertificate) }),
        ...(clientKey && { 'client-key-data': base64(clientKey) }),
        ...(token && { token }),
      },
    })),
    contexts: entries.map(({ context, user, namespace }) => ({
      name: context,
      context: { cluster: context, user, ...(namespace && { namespace }) },
    })),
    'current-context': current ?? '',
    preferences: {},
  }
}
