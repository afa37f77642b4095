import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Node, Pod, Volume } from '@tandem/api/core/v1/types'
import { isVolumeReachable } from '@tandem/api/core/v1/volume-binding'
import type { Directories } from '../directories.ts'
import type { ClaimedVolume, ClaimedVolumes } from './claimed-volumes.ts'
import { unmountBelow } from './mounts.ts'
import type { MountedVolume, VolumeContext, VolumePlugin } from './plugin.ts'

/** A volume of a pod could not be made ready. */
export class MountError extends Error {
  readonly code = 'FailedMount'
}

export interface VolumeManagerOptions {
  plugins: readonly VolumePlugin[]
  directories: Directories
  claims: Pick<ClaimedVolumes, 'find'>
  context: VolumeContext
  node(): Node | undefined
}

export interface PodVolumes {
  byName: ReadonlyMap<string, MountedVolume>
  /** Milliseconds until they should be mounted again. */
  refreshAfter: number | undefined
}

/** Makes all volumes of a pod ready, side by side, and takes them away with the pod. */
export class VolumeManager {
  readonly #options: VolumeManagerOptions
  /** Persistent volumes by the pod that has them, and by its name for them: while the pod lives they do not change. */
  readonly #persistent = new Map<string, Map<string, PersistentMount>>()

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
    const { uid } = pod.metadata
    const known = this.#persistent.get(uid)?.get(volume.name)
    if (known && known.mounted.refreshAfter === undefined) return known.mounted
    const claimed = known?.claimed ?? (await this.#claimed(pod, volume))
    const mounted = await this.#setUp(pod, volume, claimed)
    if (claimed) {
      const ofPod = this.#persistent.get(uid) ?? new Map<string, PersistentMount>()
      this.#persistent.set(uid, ofPod.set(volume.name, { claimed, mounted }))
    }
    return mounted
  }

  async #claimed(pod: Pod, volume: Volume): Promise<ClaimedVolume | undefined> {
    try {
      const claimed = await this.#options.claims.find(pod, volume)
      if (claimed) this.#checkSoleUse(pod, claimed)
      return claimed
    } catch (error) {
      const which = `unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]`
      throw new MountError(`Unable to attach or mount volumes: ${which}: ${messageOf(error)}`, { cause: error })
    }
  }

  #checkSoleUse({ metadata }: Pod, { claim, volume }: ClaimedVolume): void {
    if (!claim.spec.accessModes?.includes('ReadWriteOncePod')) return
    for (const [uid, mounts] of this.#persistent)
      if (uid !== metadata.uid)
        for (const { claimed } of mounts.values())
          if (claimed.volume.metadata.name === volume.metadata.name)
            throw new Error('volume uses the ReadWriteOncePod access mode and is already in use by another pod')
  }

  async #setUp(pod: Pod, volume: Volume, claimed: ClaimedVolume | undefined): Promise<MountedVolume> {
    const { plugins, directories, context } = this.#options
    const source = claimed?.volume.spec ?? volume
    const name = claimed?.volume.metadata.name ?? volume.name
    const plugin = plugins.find((candidate) => candidate.canSupport(source))
    if (!plugin) throw new MountError(`no volume plugin matched name: ${volume.name}`)
    const directory = directories.volume(pod.metadata.uid, plugin.name, name)
    let step = 'NodeAffinity check'
    try {
      this.#checkAffinity(claimed)
      step = 'SetUp'
      await mkdir(dirname(directory), { recursive: true, mode: 0o750 })
      return await plugin.mount({
        pod,
        volume,
        source,
        ...(claimed && { persistentVolume: claimed.volume }),
        readOnly: volume.persistentVolumeClaim?.readOnly ?? false,
        directory,
        fsGroup: pod.spec.securityContext?.fsGroup,
        context,
      })
    } catch (error) {
      throw new MountError(`MountVolume.${step} failed for volume "${name}" : ${messageOf(error)}`, { cause: error })
    }
  }

  #checkAffinity(claimed: ClaimedVolume | undefined): void {
    const node = this.#options.node()
    if (claimed && node && !isVolumeReachable(claimed.volume, node)) throw new Error('no matching NodeSelectorTerms')
  }

  /** Does a pod of this node have the persistent volume? */
  inUse(persistentVolume: string): boolean {
    for (const mounts of this.#persistent.values())
      for (const { claimed } of mounts.values()) if (claimed.volume.metadata.name === persistentVolume) return true
    return false
  }

  /** Undoes every mount of the pod and removes its directories, from what is found on disk: the object may be gone. */
  async unmountPod(uid: string): Promise<void> {
    const { plugins, directories, context } = this.#options
    const root = directories.volumes(uid)
    await unmountBelow(directories.subPaths(uid))
    for (const folder of await readdir(root).catch(() => [])) {
      const plugin = plugins.find(({ name }) => name === folder.replace('~', '/'))
      for (const name of await readdir(join(root, folder))) {
        const directory = join(root, folder, name)
        await plugin?.unmount?.(directory, context)
        await unmountBelow(directory)
        await rm(directory, { recursive: true, force: true })
      }
    }
    // What a mount shows is not the pod's: it must be out of the way before anything is removed.
    await unmountBelow(directories.pod(uid))
    await rm(directories.pod(uid), { recursive: true, force: true })
    this.#persistent.delete(uid)
  }
}

interface PersistentMount {
  claimed: ClaimedVolume
  mounted: MountedVolume
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
