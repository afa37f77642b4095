import type { Stats } from 'node:fs'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import type { VolumePlugin } from './plugin.ts'

/** A file or directory of the node itself. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/host-path',
  canSupport: ({ hostPath }) => hostPath !== undefined,
  async mount({ source, readOnly }) {
    const { path = '', type = '' } = source.hostPath ?? {}
    if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 })
    if (type === 'FileOrCreate') await createFile(path)
    const check = checks[type]
    if (check) await verify(path, check)
    // Docker would make a missing source; the kubelet leaves that to the engine for volumes without a type.
    return { path, readOnly }
  },
}

interface Check {
  is(stats: Stats): boolean
  complaint: string
}

const checks: Readonly<Record<string, Check>> = {
  Directory: { is: (stats) => stats.isDirectory(), complaint: 'is not a directory' },
  DirectoryOrCreate: { is: (stats) => stats.isDirectory(), complaint: 'is not a directory' },
  File: { is: (stats) => stats.isFile(), complaint: 'is not a file' },
  FileOrCreate: { is: (stats) => stats.isFile(), complaint: 'is not a file' },
  Socket: { is: (stats) => stats.isSocket(), complaint: 'is not a socket file' },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), complaint: 'is not a character device' },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), complaint: 'is not a block device' },
}

async function verify(path: string, { is, complaint }: Check): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats || !is(stats)) throw new Error(`hostPath type check failed: ${path} ${complaint}`)
}

async function createFile(path: string): Promise<void> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'ax', 0o644)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await file?.close()
  }
}
