import { mkdir } from 'node:fs/promises'
import { writeAtomically } from './atomic-writer.ts'
import { unmount } from './mounts.ts'
import type { VolumePlugin } from './plugin.ts'
import { defaultFileMode, modeWithGroup, secretFiles } from './projection.ts'
import { mountTmpfs } from './tmpfs.ts'

/** The entries of a Secret as files in memory, kept current while the pod runs. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/secret',
  canSupport: ({ secret }) => secret !== undefined,
  async mount({ pod, volume, directory, fsGroup, context }) {
    const { secretName = '', items, defaultMode = defaultFileMode, optional = false } = volume.secret ?? {}
    const secret = await context.secret(pod.metadata.namespace ?? '', secretName)
    if (!secret && !optional) throw new Error(`secret "${secretName}" not found`)
    const selection = { items, defaultMode: modeWithGroup(defaultMode, fsGroup), optional }
    const files = secret ? secretFiles(secret, selection) : new Map()
    await mkdir(directory, { recursive: true })
    // Never on disk.
    await mountTmpfs(directory)
    await writeAtomically(directory, files, { gid: fsGroup })
    return { path: directory, readOnly: true }
  },
  unmount,
}
