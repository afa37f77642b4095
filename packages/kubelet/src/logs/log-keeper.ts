import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Logger } from '@tandem/component-base'
import type { ContainerRuntime, ContainerState, PodIdentity, PodState } from '../container-runtime/runtime.ts'
import type { Directories } from '../directories.ts'
import { type LogLimits, RotatingLog } from './rotating-log.ts'

export interface LogKeeperOptions {
  runtime: ContainerRuntime
  directories: Directories
  limits: LogLimits
  logger: Logger
}

interface Follower {
  podUid: string
  ended: AbortController
  stopped: AbortController
  done: Promise<void>
}

/**
 * What containers write, as files in CRI's format where log agents look for them: `<pods>/<pod>/<container>/<attempt>.log`, with a
 * link in `<containers>`. An engine that writes such files itself needs none of this.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions
  readonly #followers = new Map<string, Follower>()

  constructor(options: LogKeeperOptions) {
    this.#options = options
  }

  /** Copies what the pod's containers write, those that have ended to their end. */
  follow(pod: Pod, { containers }: PodState): void {
    for (const container of containers) {
      if (container.state !== 'running' && container.state !== 'exited') continue
      const follower = this.#followers.get(container.id) ?? this.#start(pod, container)
      if (container.state === 'exited') follower.ended.abort()
    }
    const known = new Set(containers.map(({ id }) => id))
    for (const [id, follower] of this.#followers)
      if (follower.podUid === pod.metadata.uid && !known.has(id)) {
        follower.stopped.abort()
        this.#followers.delete(id)
      }
  }

  #start(pod: Pod, container: ContainerState): Follower {
    const [ended, stopped] = [new AbortController(), new AbortController()]
    const done = this.#copy(pod, container, { ended: ended.signal, signal: stopped.signal }).catch((error: unknown) => {
      this.#options.logger.debug({ error, container: container.name }, 'log could not be written')
    })
    const follower = { podUid: pod.metadata.uid, ended, stopped, done }
    this.#followers.set(container.id, follower)
    return follower
  }

  async #copy(
    { metadata }: Pod,
    { id, name, attempt }: ContainerState,
    signals: { ended: AbortSignal; signal: AbortSignal },
  ): Promise<void> {
    const { runtime, directories, limits } = this.#options
    const path = directories.log(metadata, name, attempt)
    const after = await RotatingLog.lastTime(path)
    const output = await runtime.output(id, { ...signals, ...(after === undefined ? {} : { after }) })
    if (!output) return
    await this.#link(path, `${metadata.name}_${metadata.namespace}_${name}-${id}.log`)
    const log = await RotatingLog.open(path, limits)
    try {
      for await (const lines of output) await log.write(lines)
    } finally {
      await log.close()
    }
  }

  async #link(path: string, name: string): Promise<void> {
    const { containerLogs } = this.#options.directories
    await mkdir(containerLogs, { recursive: true, mode: 0o755 })
    const link = join(containerLogs, name)
    await rm(link, { force: true })
    await symlink(path, link)
  }

  /** The pod is gone, and its logs with it. */
  async remove(pod: PodIdentity): Promise<void> {
    const { directories } = this.#options
    for (const [id, follower] of this.#followers) {
      if (follower.podUid !== pod.uid) continue
      follower.stopped.abort()
      await follower.done
      this.#followers.delete(id)
    }
    const logs = directories.podLogs(pod)
    const links = await readdir(directories.containerLogs).catch(() => [])
    for (const name of links.filter((link) => link.startsWith(`${pod.name}_${pod.namespace}_`))) {
      const link = join(directories.containerLogs, name)
      if ((await readlink(link).catch(() => '')).startsWith(`${logs}/`)) await rm(link, { force: true })
    }
    await rm(logs, { recursive: true, force: true })
  }

  /** Lets go of all logs; the next kubelet goes on where this one was. */
  async stop(): Promise<void> {
    for (const { stopped } of this.#followers.values()) stopped.abort()
    await Promise.all([...this.#followers.values()].map(({ done }) => done))
  }
}
