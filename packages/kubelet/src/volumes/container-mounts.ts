import { isAbsolute, join } from 'node:path'
import type { Container, EphemeralContainer, VolumeMount } from '@tandem/api/core/v1/types'
import { expandVariables } from '@tandem/api/core/v1/variable-expansion'
import type { Mount } from '../container-runtime/runtime.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { MountedVolume } from './plugin.ts'
import { bindSubPath } from './sub-path.ts'

/**
 * The volumes of a container as binds. A `subPath` that does not exist yet is made, and none may lead out of its volume: the part of the
 * volume is bound below `subPaths` first.
 */
export async function containerMounts(
  container: Container | EphemeralContainer,
  volumes: ReadonlyMap<string, MountedVolume>,
  { env, subPaths }: { env: readonly { name: string; value: string }[]; subPaths: string },
): Promise<Mount[]> {
  const variables = new Map(env.map(({ name, value }) => [name, value]))
  return Promise.all(
    (container.volumeMounts ?? []).map(async (mount, index) => {
      const volume = volumes.get(mount.name)
      if (!volume)
        throw new StartError(
          'CreateContainerConfigError',
          `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
        )
      return {
        hostPath: await sourceOf(mount, volume, {
          variables,
          target: join(subPaths, mount.name, container.name, String(index)),
        }),
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
  { variables, target }: { variables: ReadonlyMap<string, string>; target: string },
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
    return await bindSubPath(volume.path, subPath, target)
  } catch (error) {
    throw new StartError('CreateContainerConfigError', `failed to prepare subPath for volumeMount "${mount.name}"`, {
      cause: error,
    })
  }
}
