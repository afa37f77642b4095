import { mkdir } from 'node:fs/promises'
import type { Pod, VolumeProjection } from '@tandem/api/core/v1/types'
import { writeAtomically } from './atomic-writer.ts'
import { unmount } from './mounts.ts'
import type { VolumeContext, VolumePlugin } from './plugin.ts'
import {
  configMapFiles,
  defaultFileMode,
  downwardFiles,
  modeWithGroup,
  type ProjectedFiles,
  ProjectionError,
  secretFiles,
} from './projection.ts'
import { mountTmpfs } from './tmpfs.ts'

/** Several sources in one directory: tokens, ConfigMaps, Secrets, fields of the pod. In memory, for it may hold tokens. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/projected',
  canSupport: ({ projected }) => projected !== undefined,
  async mount({ pod, volume, directory, fsGroup, context }) {
    const { sources = [], defaultMode = defaultFileMode } = volume.projected ?? {}
    const parts = await Promise.all(sources.map((source) => project(source, { pod, defaultMode, fsGroup, context })))
    const files: ProjectedFiles = new Map(parts.flatMap((part) => [...part.files]))
    await mkdir(directory, { recursive: true })
    await mountTmpfs(directory)
    await writeAtomically(directory, files, { gid: fsGroup })
    const refreshes = parts.flatMap(({ refreshAfter }) => (refreshAfter === undefined ? [] : [refreshAfter]))
    return {
      path: directory,
      readOnly: true,
      ...(refreshes.length > 0 ? { refreshAfter: Math.min(...refreshes) } : {}),
    }
  },
  unmount,
}

interface ProjectContext {
  pod: Pod
  defaultMode: number
  fsGroup: number | undefined
  context: VolumeContext
}

async function project(
  source: VolumeProjection,
  { pod, defaultMode: mode, fsGroup, context }: ProjectContext,
): Promise<{ files: ProjectedFiles; refreshAfter?: number }> {
  const namespace = pod.metadata.namespace ?? ''
  const defaultMode = modeWithGroup(mode, fsGroup)
  const { configMap: wantedConfigMap, secret: wantedSecret, downwardAPI, serviceAccountToken } = source
  if (wantedConfigMap) {
    const { name = '', items, optional = false } = wantedConfigMap
    const configMap = await context.configMap(namespace, name)
    if (!configMap && !optional) throw new ProjectionError(`configmap "${name}" not found`)
    return { files: configMap ? configMapFiles(configMap, { items, defaultMode, optional }) : new Map() }
  }
  if (wantedSecret) {
    const { name = '', items, optional = false } = wantedSecret
    const secret = await context.secret(namespace, name)
    if (!secret && !optional) throw new ProjectionError(`secret "${name}" not found`)
    return { files: secret ? secretFiles(secret, { items, defaultMode, optional }) : new Map() }
  }
  if (downwardAPI) {
    return {
      files: downwardFiles({
        pod,
        items: downwardAPI.items ?? [],
        defaultMode,
        allocatable: context.nodeAllocatable(),
      }),
    }
  }
  if (serviceAccountToken) {
    const { path, audience, expirationSeconds = 3600 } = serviceAccountToken
    const { token, refreshAfter } = await context.serviceAccountToken({ pod, audience, expirationSeconds })
    return {
      files: new Map([[path, { content: Buffer.from(token), mode: tokenMode(pod, mode, fsGroup) }]]),
      refreshAfter,
    }
  }
  throw new ProjectionError('projected volume source is not supported by this kubelet')
}

/** Tokens are for those who run in the pod: its group where it has one, else whoever it runs as. */
function tokenMode(pod: Pod, mode: number, fsGroup: number | undefined): number {
  if (fsGroup !== undefined) return 0o640
  const users = new Set(
    pod.spec.containers.map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser),
  )
  return users.size === 1 && users.has(0) ? 0o600 : mode
}
