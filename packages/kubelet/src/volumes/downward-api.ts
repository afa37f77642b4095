import { writeAtomically } from './atomic-writer.ts'
import type { VolumePlugin } from './plugin.ts'
import { defaultFileMode, downwardFiles, modeWithGroup } from './projection.ts'

/** Fields of the pod itself as files, kept current as its labels and annotations change. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/downward-api',
  canSupport: ({ downwardAPI }) => downwardAPI !== undefined,
  async mount({ pod, volume, directory, fsGroup, context }) {
    const { items = [], defaultMode = defaultFileMode } = volume.downwardAPI ?? {}
    const allocatable = context.nodeAllocatable()
    const files = downwardFiles({ pod, items, defaultMode: modeWithGroup(defaultMode, fsGroup), allocatable })
    await writeAtomically(directory, files, { gid: fsGroup })
    return { path: directory, readOnly: true }
  },
}
