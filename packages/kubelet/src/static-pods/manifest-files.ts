import { type FSWatcher, watch } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Cancel, Clock, Logger } from '@tandem/component-base'
import { type Manifest, staticPod } from './manifest.ts'

export interface ManifestFilesOptions {
  /** A directory of manifests, or one manifest. */
  path: string
  nodeName: string
  /** How often it is looked at though nothing was heard of it. */
  checkFrequency: number
  clock: Clock
  logger: Logger
  /** All static pods there are now. */
  onChange(pods: Pod[]): void
}

/** A file is written in several steps: it is read when it has been left alone for this long. */
const settleTime = 50

/** The static pods of this node: what the manifests in a directory say, followed by inotify with a slow relist beneath. */
export class ManifestFiles {
  readonly #options: ManifestFilesOptions
  /** By file: the same text is the same pod, seen at the same time. */
  #known = new Map<string, { text: string; pod: Pod }>()
  #watcher: FSWatcher | undefined
  #timer: Cancel | undefined
  #reading: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(options: ManifestFilesOptions) {
    this.#options = options
  }

  /** Resolves when what is there has been told. */
  start(): Promise<void> {
    this.#watch()
    return this.#readAll()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
    this.#watcher?.close()
  }

  #watch(): void {
    if (this.#watcher || this.#stopped) return
    const { path } = this.#options
    try {
      this.#watcher = watch(path, { persistent: false }, () => this.#readAfter(settleTime))
      this.#watcher.on('error', () => this.#unwatch())
    } catch {
      // It is not there yet: the relist finds it.
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  #readAfter(ms: number): void {
    this.#timer?.()
    if (!this.#stopped) this.#timer = this.#options.clock.after(ms, () => void this.#readAll())
  }

  #readAll(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
      this.#readAfter(this.#options.checkFrequency)
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      this.#watch()
      const manifests = await readManifests(this.#options.path).catch((error: unknown) => {
        this.#unwatch()
        if (!isMissing(error)) this.#options.logger.warn({ error }, 'could not read static pods')
        return isMissing(error) ? [] : undefined
      })
      // What cannot be read for a moment is no reason to end what runs.
      if (manifests) this.#take(manifests)
    }
  }

  #take(manifests: readonly Manifest[]): void {
    const { nodeName, clock, logger, onChange } = this.#options
    const known = new Map<string, { text: string; pod: Pod }>()
    for (const manifest of manifests) {
      const { file, text } = manifest
      const before = this.#known.get(file)
      try {
        const pod = before?.text === text ? before.pod : staticPod(manifest, { nodeName, now: clock.now() })
        known.set(file, { text, pod })
      } catch (error) {
        logger.warn({ error, file }, 'could not process manifest file')
      }
    }
    this.#known = known
    onChange([...known.values()].map(({ pod }) => pod))
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function readManifests(path: string): Promise<Manifest[]> {
  if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, 'utf8') }]
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort()
  const read = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name)
      try {
        return (await stat(file)).isFile() ? { file, text: await readFile(file, 'utf8') } : undefined
      } catch {
        // Removed between the list and the read.
        return undefined
      }
    }),
  )
  return read.filter((manifest) => manifest !== undefined)
}
