import { stat } from 'node:fs/promises'
import { giveToGroup } from './ownership.ts'
import type { VolumePlugin } from './plugin.ts'

/** A directory of the node that an administrator made a persistent volume. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/local-volume',
  canSupport: ({ local }) => local !== undefined,
  async mount({ pod, source, readOnly, fsGroup, context }) {
    const path = source.local?.path ?? ''
    await context.localPath.ensure(path)
    const found = await stat(path).catch(() => undefined)
    if (!found) throw new Error(`path "${path}" does not exist`)
    if (!found.isDirectory()) throw new Error('only directory and block device are supported')
    const policy = pod.spec.securityContext?.fsGroupChangePolicy
    if (fsGroup !== undefined && !readOnly) await giveToGroup(path, { fsGroup, readOnly, ...(policy && { policy }) })
    return { path, readOnly }
  },
}
