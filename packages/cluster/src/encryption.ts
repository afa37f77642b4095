import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { secrets } from '@tandem/api/core/v1/secret'
import { isConflict, isNotFound, type ObjectKey } from '@tandem/apimachinery'
import { parseYaml, printYaml } from '@tandem/apimachinery/wire/yaml'
import type { Client } from '@tandem/client'
import { readFileIfThere, writeFileAtomically } from './files.ts'
import type { ClusterPlan } from './plan.ts'

/** A reason why keys cannot be changed that the person at the keyboard can do something about. */
export class EncryptionError extends Error {
  readonly code = 'ENCRYPTION_REFUSED'
}

interface Key {
  name: string
  secret: string
}

interface Provider {
  aesgcm?: { keys: Key[] }
  identity?: Record<string, never>
}

interface EncryptionConfiguration {
  apiVersion: 'apiserver.config.k8s.io/v1'
  kind: 'EncryptionConfiguration'
  resources: { resources: string[]; providers: Provider[] }[]
}

/** The file that the cluster's API server reads; it holds the keys. */
export const encryptionConfigPath = (plan: Pick<ClusterPlan, 'directory'>): string =>
  join(plan.directory, 'pki', 'encryption-config.yaml')

/** Secrets as `keys` say, the first of them writing. What is not encrypted is read all the same unless `strict`. */
const configurationOf = (keys: readonly Key[], { strict = false } = {}): EncryptionConfiguration => ({
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  resources: [
    {
      resources: ['secrets'],
      providers: [...(keys.length > 0 ? [{ aesgcm: { keys: [...keys] } }] : []), ...(strict ? [] : [{ identity: {} }])],
    },
  ],
})

/** A cluster begins without encryption: its backups can then be restored without keys. */
export function ensureEncryptionConfig(plan: Pick<ClusterPlan, 'directory'>): void {
  const path = encryptionConfigPath(plan)
  if (readFileIfThere(path) === undefined) writeFileAtomically(path, printYaml(configurationOf([])))
}

export interface EncryptionStatus {
  path: string
  /** In the order in which they stand: the first writes. */
  keys: string[]
}

export const encryptionStatus = (plan: Pick<ClusterPlan, 'directory'>): EncryptionStatus => ({
  path: encryptionConfigPath(plan),
  keys: readKeys(encryptionConfigPath(plan)).map(({ name }) => name),
})

export interface Rotation {
  /** What writes from now on. */
  key: string
  removed: string[]
  /** How many objects were written anew. */
  rewritten: number
}

export interface RotationOptions {
  client: Client
  progress?(message: string): void
  /** For the new key's name. */
  now?(): number
}

/**
 * Puts a new key in the place of those there are, or turns encryption on, while the cluster runs. Each step waits for the one before,
 * so that at no time anything is written that somebody cannot read. Begun anew, it goes on from wherever it was left.
 */
export async function rotateEncryptionKey(
  plan: Pick<ClusterPlan, 'directory'>,
  { client, progress = () => undefined, now = Date.now }: RotationOptions,
): Promise<Rotation> {
  const path = encryptionConfigPath(plan)
  const old = readKeys(path)
  const key = { name: nameOf(now()), secret: randomBytes(32).toString('base64') }
  const use = async (keys: readonly Key[], options?: { strict: boolean }) => {
    const content = printYaml(configurationOf(keys, options))
    writeFileAtomically(path, content)
    await takenOver(client, `sha256:${createHash('sha256').update(content).digest('hex')}`)
  }
  // With no key before it, there is nobody who could not read what the new one writes.
  if (old.length > 0) {
    progress(`${key.name} reads`)
    await use([...old, key])
  }
  progress(`${key.name} writes`)
  await use([key, ...old])
  progress('writing secrets anew')
  const rewritten = await rewriteSecrets(client)
  progress('forgetting what was there before')
  // For whatever cannot be read any more the API server gives up the past. A backup from before is to be read, though.
  await use([key], { strict: true })
  await use([key])
  return { key: key.name, removed: old.map(({ name }) => name), rewritten }
}

const nameOf = (now: number): string =>
  `key-${new Date(now)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[:.]/g, '')
    .toLowerCase()}`

function readKeys(path: string): Key[] {
  const content = readFileIfThere(path)
  if (content === undefined) throw new EncryptionError(`there is no ${path}; tandem up makes one`)
  const { resources = [] } = parseYaml(Buffer.from(content)) as Partial<EncryptionConfiguration>
  const [only] = resources
  const keys = (only?.providers ?? []).flatMap(({ aesgcm }) => aesgcm?.keys ?? [])
  const found = printYaml({ ...configurationOf([]), resources })
  if (![false, true].some((strict) => found === printYaml(configurationOf(keys, { strict }))))
    throw new EncryptionError(`${path} was changed by hand; its keys are to be changed by hand, too`)
  return keys
}

const patience = 30_000

/** The API server tells which file it goes by. */
async function takenOver(client: Client, hash: string): Promise<void> {
  const line = `apiserver_encryption_config_controller_last_config_info{`
  for (const end = Date.now() + patience; Date.now() < end; await sleep(100)) {
    const metrics = await client.request<string>({ path: '/metrics' })
    if (metrics.split('\n').some((text) => text.startsWith(line) && text.includes(`hash="${hash}"`))) return
  }
  throw new EncryptionError('the API server did not take over its encryption configuration; its log tells why')
}

const atOnce = 8

/** Writes every secret as it is, until a pass finds none that was under another key: one may have been on its way meanwhile. */
async function rewriteSecrets(client: Client): Promise<number> {
  let rewritten = 0
  for (;;) {
    const { items } = await client.list(secrets)
    const waiting = items.map(({ metadata: { namespace, name } }): ObjectKey => ({ namespace, name }))
    let changed = 0
    const work = async () => {
      for (let key = waiting.pop(); key; key = waiting.pop()) if (await rewrite(client, key)) changed++
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    rewritten += changed
    if (changed === 0) return rewritten
  }
}

/** A write that changes nothing is carried out only where the value is under another key than it should be. */
async function rewrite(client: Client, key: ObjectKey): Promise<boolean> {
  for (;;)
    try {
      const object = await client.get(secrets, key)
      const written = await client.update(secrets, object)
      return written.metadata.resourceVersion !== object.metadata.resourceVersion
    } catch (error) {
      if (isNotFound(error)) return false
      if (!isConflict(error)) throw error
    }
}
