import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { mount, unmount } from './mounts.ts'
import { resolveInside } from './resolve-inside.ts'
import { openBeneath, pathOf } from './safe-path.ts'

/**
 * Binds a part of a volume to `target`, a path that only the kubelet can change, and returns it. Links within the volume are followed
 * once; from then on it is that very file or directory, whatever the pod makes of the path before the engine looks.
 */
export async function bindSubPath(volume: string, subPath: string, target: string): Promise<string> {
  const root = await realpath(volume)
  const { path } = await resolveInside(root, subPath)
  const names = relative(root, path).split('/').filter(Boolean)
  // As open to others as the volume is.
  const mode = (await stat(root)).mode & 0o7777
  const handle = await openBeneath(root, names, { mode })
  try {
    const isDirectory = (await handle.stat()).isDirectory()
    // An earlier container of the pod has its own view of what was here.
    await unmount(target)
    await mkdir(isDirectory ? target : dirname(target), { recursive: true, mode: 0o750 })
    if (!isDirectory) await writeFile(target, '')
    await mount('--no-canonicalize', '--bind', pathOf(handle), target)
    return target
  } finally {
    await handle.close()
  }
}
