import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import type { Container, EphemeralContainer, VolumeMount } from '@tandem/api/core/v1/types'
import { expandVariables } from '@tandem/api/core/v1/variable-expansion'
import type { Mount } from '../container-runtime/runtime.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { MountedVolume } from './plugin.ts'
import { resolveInside } from './resolve-inside.ts'

/** The volumes of a container as binds. A `subPath` that does not exist yet is made, and none may lead out of its volume. */
export async function containerMounts(
  container: Container | EphemeralContainer,
  volumes: ReadonlyMap<string, MountedVolume>,
  env: readonly { name: string; value: string }[],
): Promise<Mount[]> {
  const variables = new Map(env.map(({ name, value }) => [name, value]))
  return Promise.all(
    (container.volumeMounts ?? []).map(async (mount) => {
      const volume = volumes.get(mount.name)
      if (!volume)
        throw new StartError(
          'CreateContainerConfigError',
          `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
        )
      return {
        hostPath: await sourceOf(mount, volume, variables),
        containerPath: mount.mountPath,
        readOnly: (mount.readOnly ?? false) || (volume.readOnly ?? false),
        propagation: propagations[mount.mountPropagation ?? 'None'] ?? 'private',
      }
    }),
  )
}

const propagations: Readonly<Record<string, Mount['propagation']>> = {
  None: 'private',
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
}

async function sourceOf(
  mount: VolumeMount,
  volume: MountedVolume,
  variables: ReadonlyMap<string, string>,
): Promise<string> {
  const subPath = mount.subPathExpr ? expandVariables(mount.subPathExpr, variables) : (mount.subPath ?? '')
  if (subPath === '') return volume.path
  if (isAbsolute(subPath))
    throw new StartError('CreateContainerConfigError', `error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..'))
    throw new StartError(
      'CreateContainerConfigError',
      `unable to provision SubPath \`${subPath}\`: must not contain '..'`,
    )
  try {
    const path = await resolveInside(volume.path, subPath)
    if (path.missing) await makeLike(volume.path, path.path)
    return path.path
  } catch (error) {
    throw new StartError('CreateContainerConfigError', `failed to prepare subPath for volumeMount "${mount.name}"`, {
      cause: error,
    })
  }
}

/** Makes a directory and those above it that are missing, as open to others as the volume is. */
async function makeLike(volume: string, path: string): Promise<void> {
  const { mode } = await stat(volume)
  const first = await mkdir(path, { recursive: true })
  for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made))
    await chmod(made, mode & 0o7777)
}
