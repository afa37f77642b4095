import { chmod, chown, mkdir } from 'node:fs/promises'
import { quantityValue } from '@tandem/apimachinery'
import { unmount } from './mounts.ts'
import type { VolumePlugin } from './plugin.ts'
import { mountTmpfs } from './tmpfs.ts'

/** A directory that lives as long as its pod: on the node's disk, or in memory. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/empty-dir',
  canSupport: ({ emptyDir }) => emptyDir !== undefined,
  async mount({ volume, directory, fsGroup }) {
    const { medium, sizeLimit } = volume.emptyDir ?? {}
    const created = await mkdir(directory, { recursive: true })
    if (medium === 'Memory') await mountTmpfs(directory, sizeLimit ? { sizeBytes: quantityValue(sizeLimit) } : {})
    if (created) {
      if (fsGroup !== undefined) await chown(directory, 0, fsGroup)
      await chmod(directory, fsGroup === undefined ? 0o777 : 0o2777)
    }
    return { path: directory }
  },
  unmount,
}
