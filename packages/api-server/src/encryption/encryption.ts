import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { Backend } from '@tandem/storage'
import { EncryptedBackend, type TransformerFor } from '@tandem/storage/encryption/encrypted-backend'
import type { FollowOptions } from '../follow.ts'
import type { ApiServerOptions } from '../options.ts'
import { parseEncryptionConfiguration } from './configuration.ts'
import { keysOf, transformersOf } from './transformers.ts'

interface Loaded {
  transformerFor: TransformerFor
  /** All there are, so that it shows when one is gone. */
  keys: Set<string>
  /** `sha256:…` of the file. */
  hash: string
}

const lookEvery = 1000

/** Encryption at rest, as the file of `--encryption-provider-config` has it, also after that changed. */
export class Encryption {
  readonly backend: EncryptedBackend
  readonly #path: string
  readonly #reloads = { success: 0, failure: 0 }
  #loaded: Loaded
  #lastReload: { status: 'success' | 'failure'; at: number } | undefined
  #failed: string | undefined

  static async open(base: Backend, path: string): Promise<Encryption> {
    return new Encryption(base, path, await load(path))
  }

  private constructor(base: Backend, path: string, loaded: Loaded) {
    this.#path = path
    this.#loaded = loaded
    this.backend = new EncryptedBackend(base, loaded.transformerFor)
  }

  /** Looks at the file until the signal aborts. A file that is wrong changes nothing. */
  async follow({ clock, logger, signal }: FollowOptions): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(lookEvery, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        if (!(await this.reload(clock.now()))) continue
        logger.info({ hash: this.#loaded.hash }, 'loaded new encryption config content')
      } catch (err) {
        // Told once for each state of the file.
        const message = (err as Error).message
        if (message === this.#failed) continue
        this.#failed = message
        this.#reloads.failure++
        this.#lastReload = { status: 'failure', at: clock.now() }
        logger.error({ err }, 'failed to process new encryption config')
      }
    }
  }

  /** Takes over what the file says now, and tells of it when all is done; false where it says what it said before. */
  async reload(now: number): Promise<boolean> {
    const content = await readFile(this.#path)
    if (hashOf(content) === this.#loaded.hash) return false
    const next = parse(content, this.#path)
    const before = this.#loaded.keys
    this.backend.use(next.transformerFor)
    this.#failed = undefined
    this.#reloads.success++
    this.#lastReload = { status: 'success', at: now }
    if ([...before].some((key) => !next.keys.has(key))) await this.#forgetPast()
    this.#loaded = next
    return true
  }

  /** What is left under a key that is gone is the past, in the store's history and in its files. */
  async #forgetPast(): Promise<void> {
    await this.backend.compact(await this.backend.currentRevision())
    await this.backend.purge()
  }

  describe(metrics: Metrics, serverId: string): void {
    const prefix = 'apiserver_encryption_config_controller_'
    const labels = { apiserver_id_hash: hashOf(Buffer.from(serverId)) }
    metrics.collected({
      name: `${prefix}automatic_reloads_total`,
      help: 'Total number of reload successes and failures of encryption configuration split by apiserver identity.',
      type: 'counter',
      collect: () =>
        Object.entries(this.#reloads)
          .filter(([, value]) => value > 0)
          .map(([status, value]) => ({ labels: { status, ...labels }, value })),
    })
    metrics.collected({
      name: `${prefix}automatic_reload_last_timestamp_seconds`,
      help: 'Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.',
      type: 'gauge',
      collect: () =>
        this.#lastReload
          ? [{ labels: { status: this.#lastReload.status, ...labels }, value: this.#lastReload.at / 1000 }]
          : [],
    })
    metrics.collected({
      name: `${prefix}last_config_info`,
      help: 'Information about the last applied encryption configuration with hash as label, split by apiserver identity.',
      type: 'gauge',
      collect: () => [{ labels: { ...labels, hash: this.#loaded.hash }, value: 1 }],
    })
  }
}

/** Encryption at rest, where the options ask for it. */
export async function openEncryption(
  base: Backend,
  { encryptionProviderConfig }: Pick<ApiServerOptions, 'encryptionProviderConfig'>,
): Promise<Encryption | undefined> {
  return encryptionProviderConfig ? Encryption.open(base, encryptionProviderConfig) : undefined
}

const hashOf = (content: Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

function parse(content: Uint8Array, path: string): Loaded {
  const configuration = parseEncryptionConfiguration(content, path)
  return { transformerFor: transformersOf(configuration), keys: keysOf(configuration), hash: hashOf(content) }
}

const load = async (path: string): Promise<Loaded> => parse(await readFile(path), path)
