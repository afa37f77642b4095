import { isMounted, mount } from './mounts.ts'

/** Mounts memory at a directory unless something is mounted there. */
export async function mountTmpfs(directory: string, options: { sizeBytes?: number } = {}): Promise<void> {
  if (await isMounted(directory)) return
  const size = options.sizeBytes === undefined ? [] : ['-o', `size=${options.sizeBytes}`]
  await mount('-t', 'tmpfs', ...size, 'tmpfs', directory)
}
