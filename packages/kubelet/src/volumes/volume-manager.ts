import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod, Volume } from '@tandem/api/core/v1/types'
import type { Directories } from '../directories.ts'
import type { MountedVolume, VolumeContext, VolumePlugin } from './plugin.ts'

/** A volume of a pod could not be made ready. */
export class MountError extends Error {
  readonly code = 'FailedMount'
}

export interface VolumeManagerOptions {
  plugins: readonly VolumePlugin[]
  directories: Directories
  context: VolumeContext
}

export interface PodVolumes {
  byName: ReadonlyMap<string, MountedVolume>
  /** Milliseconds until they should be mounted again. */
  refreshAfter: number | undefined
}

/** Makes all volumes of a pod ready, side by side, and takes them away with the pod. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions

  constructor(options: VolumeManagerOptions) {
    this.#options = options
  }

  async mount(pod: Pod): Promise<PodVolumes> {
    const volumes = pod.spec.volumes ?? []
    const mounted = await Promise.all(
      volumes.map(async (volume) => [volume.name, await this.#mount(pod, volume)] as const),
    )
    const refreshes = mounted.flatMap(([, { refreshAfter }]) => (refreshAfter === undefined ? [] : [refreshAfter]))
    return { byName: new Map(mounted), refreshAfter: refreshes.length > 0 ? Math.min(...refreshes) : undefined }
  }

  async #mount(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { plugins, directories, context } = this.#options
    const plugin = plugins.find((candidate) => candidate.canSupport(volume))
    if (!plugin) throw new MountError(`no volume plugin matched name: ${volume.name}`)
    const directory = directories.volume(pod.metadata.uid, plugin.name, volume.name)
    try {
      await mkdir(join(directory, '..'), { recursive: true, mode: 0o750 })
      const fsGroup = pod.spec.securityContext?.fsGroup
      return await plugin.mount({ pod, volume, directory, fsGroup, context })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${message}`, { cause: error })
    }
  }

  /** Undoes every mount of the pod and removes its directories, from what is found on disk: the object may be gone. */
  async unmountPod(uid: string): Promise<void> {
    const { plugins, directories } = this.#options
    const root = directories.volumes(uid)
    for (const folder of await readdir(root).catch(() => [])) {
      const plugin = plugins.find(({ name }) => name === folder.replace('~', '/'))
      for (const name of await readdir(join(root, folder))) {
        const directory = join(root, folder, name)
        await plugin?.unmount?.(directory)
        await rm(directory, { recursive: true, force: true })
      }
    }
    await rm(directories.pod(uid), { recursive: true, force: true })
  }
}
