import { spawn } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseImageName } from '@tandem/api/core/v1/image-name'
import { parseYaml } from '@tandem/apimachinery/wire/yaml'
import type { Clock, Logger } from '@tandem/component-base'
import { parseDuration } from '@tandem/component-base/duration'
import { UsageError } from '@tandem/component-base/flags/index'
import type { RegistryCredentials } from '../container-runtime/runtime.ts'
import { matchesRepository } from './pull-secrets.ts'

interface CredentialProvider {
  name: string
  matchImages: string[]
  defaultCacheDuration: string
  apiVersion: string
  args?: string[]
  env?: { name: string; value: string }[]
}

interface CredentialProviderResponse {
  kind?: string
  apiVersion?: string
  cacheKeyType?: string
  cacheDuration?: string
  auth?: Record<string, { username: string; password: string }> | null
}

type Auth = NonNullable<CredentialProviderResponse['auth']>

const requestVersion = 'credentialprovider.kubelet.k8s.io/v1'
const timeout = 60_000

/** Reads a CredentialProviderConfig strictly. Throws UsageError. */
export function readCredentialProviders(path: string, binDir: string): CredentialProvider[] {
  const refuse = (what: string, cause?: unknown): never => {
    throw new UsageError(`image credential provider config ${path}: ${what}`, { cause })
  }
  let decoded: { apiVersion?: string; kind?: string; providers?: (CredentialProvider & { tokenAttributes?: object })[] }
  try {
    decoded = parseYaml(readFileSync(path)) as typeof decoded
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const { apiVersion, kind, providers = [] } = decoded
  if (apiVersion !== 'kubelet.config.k8s.io/v1' || kind !== 'CredentialProviderConfig')
    refuse('must have apiVersion kubelet.config.k8s.io/v1 and kind CredentialProviderConfig')
  if (providers.length === 0) refuse('providers: Required value: at least 1 item is required')
  for (const provider of providers) {
    if (!provider.name || /[/ ]|^\.{1,2}$/.test(provider.name)) refuse(`invalid provider name "${provider.name}"`)
    if (provider.apiVersion !== requestVersion) refuse(`unsupported apiVersion "${provider.apiVersion}"`)
    if (!provider.matchImages?.length) refuse(`${provider.name}: matchImages: Required value`)
    if (!provider.defaultCacheDuration) refuse(`${provider.name}: defaultCacheDuration: Required value`)
    if (provider.tokenAttributes) refuse(`${provider.name}: tokenAttributes are not supported`)
    const binary = join(binDir, provider.name)
    try {
      accessSync(binary, constants.X_OK)
    } catch (cause) {
      refuse(`plugin binary executable ${binary} did not exist`, cause)
    }
  }
  return providers
}

export interface CredentialProvidersOptions {
  providers: readonly CredentialProvider[]
  binDir: string
  clock: Clock
  logger: Logger
}

/** Asks programs on this node for credentials of registries, and remembers their answers for as long as they say. */
export class CredentialProviders {
  readonly #options: CredentialProvidersOptions
  readonly #cache = new Map<string, { auth: Auth; expiresAt: number }>()
  readonly #asking = new Map<string, Promise<Auth>>()

  constructor(options: CredentialProvidersOptions) {
    this.#options = options
  }

  /** A provider that fails is as good as none: the pull tells whether one was needed. */
  async credentials(image: string): Promise<RegistryCredentials[]> {
    const repository = parseImageName(image)?.repository ?? ''
    const fitting = this.#options.providers.filter(({ matchImages }) =>
      matchImages.some((pattern) => matchesRepository(repository, pattern)),
    )
    const found = await Promise.all(
      fitting.map((provider) =>
        this.#auth(provider, image, repository).catch((error: unknown): Auth => {
          this.#options.logger.warn({ error, provider: provider.name }, 'failed getting credential from provider')
          return {}
        }),
      ),
    )
    return found
      .flatMap((auth) => Object.entries(auth))
      .filter(([registry]) => matchesRepository(repository, registry))
      .sort(([a], [b]) => b.length - a.length)
      .map(([serverAddress, { username, password }]) => ({ username, password, serverAddress }))
  }

  async #auth(provider: CredentialProvider, image: string, repository: string): Promise<Auth> {
    const registry = repository.split('/')[0] ?? ''
    const now = this.#options.clock.monotonic()
    for (const key of [`${provider.name} ${image}`, `${provider.name} ${registry}`, provider.name]) {
      const cached = this.#cache.get(key)
      if (cached && cached.expiresAt > now) return cached.auth
    }
    const key = `${provider.name} ${image}`
    const asked = this.#asking.get(key) ?? this.#ask(provider, image, registry).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asked)
    return asked
  }

  async #ask(provider: CredentialProvider, image: string, registry: string): Promise<Auth> {
    const { kind, apiVersion, cacheKeyType, cacheDuration, auth } = await run(provider, this.#options.binDir, image)
    if (kind !== 'CredentialProviderResponse' || apiVersion !== requestVersion)
      throw new Error(`unexpected response from provider ${provider.name}: ${apiVersion} ${kind}`)
    const keys: Record<string, string> = {
      Image: `${provider.name} ${image}`,
      Registry: `${provider.name} ${registry}`,
      Global: provider.name,
    }
    const key = keys[cacheKeyType ?? '']
    if (key === undefined)
      throw new Error(`credential provider plugin did not return a valid cacheKeyType: "${cacheKeyType}"`)
    const duration = parseDuration(cacheDuration ?? provider.defaultCacheDuration)
    if (duration > 0) this.#cache.set(key, { auth: auth ?? {}, expiresAt: this.#options.clock.monotonic() + duration })
    return auth ?? {}
  }
}

function run(provider: CredentialProvider, binDir: string, image: string): Promise<CredentialProviderResponse> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries((provider.env ?? []).map(({ name, value }) => [name, value]))
    const child = spawn(join(binDir, provider.name), provider.args ?? [], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    let [output, complaint] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (output += chunk))
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk))
    child.once('error', reject)
    // A provider that does not read what it is asked answers all the same.
    child.stdin.on('error', () => {})
    child.once('close', (code) => {
      try {
        if (code !== 0)
          throw new Error(`error execing credential provider plugin ${provider.name}: ${complaint.trim()}`)
        resolve(JSON.parse(output) as CredentialProviderResponse)
      } catch (error) {
        reject(error)
      }
    })
    child.stdin.end(JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion: requestVersion, image }))
  })
}
