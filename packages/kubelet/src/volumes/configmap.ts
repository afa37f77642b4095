import { writeAtomically } from './atomic-writer.ts'
import type { VolumePlugin } from './plugin.ts'
import { configMapFiles, defaultFileMode, modeWithGroup } from './projection.ts'

/** The entries of a ConfigMap as files, kept current while the pod runs. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/configmap',
  canSupport: ({ configMap }) => configMap !== undefined,
  async mount({ pod, volume, directory, fsGroup, context }) {
    const { name = '', items, defaultMode = defaultFileMode, optional = false } = volume.configMap ?? {}
    const configMap = await context.configMap(pod.metadata.namespace ?? '', name)
    if (!configMap && !optional) throw new Error(`configmap "${name}" not found`)
    const selection = { items, defaultMode: modeWithGroup(defaultMode, fsGroup), optional }
    const files = configMap ? configMapFiles(configMap, selection) : new Map()
    await writeAtomically(directory, files, { gid: fsGroup })
    return { path: directory, readOnly: true }
  },
}
