import { realpath } from 'node:fs/promises'
import { dirname, join, normalize, relative } from 'node:path'

/** A path leads out of the directory it must stay in. */
export class PathEscapesError extends Error {
  readonly code = 'PathEscapes'
}

/**
 * The real path of `path` below `root`, all links followed; of what does not exist yet, below the nearest ancestor that does.
 * Throws when it would be outside.
 */
export async function resolveInside(root: string, path: string): Promise<{ path: string; missing: boolean }> {
  const realRoot = await realpath(root)
  const wanted = join(realRoot, normalize(path))
  if (!isInside(realRoot, wanted)) throw new PathEscapesError(`${path} is outside of its volume`)
  for (let existing = wanted; ; existing = dirname(existing)) {
    const real = await realpath(existing).catch(() => undefined)
    if (real === undefined) continue
    if (!isInside(realRoot, real)) throw new PathEscapesError(`${path} is outside of its volume`)
    return existing === wanted
      ? { path: real, missing: false }
      : { path: join(real, relative(existing, wanted)), missing: true }
  }
}

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`)
