import { readFile } from 'node:fs/promises'
import { type Clock, systemClock } from '@tandem/component-base'

const reloadAfterMs = 60_000

/** Answers the token in a file, read again once a minute: the kubelet replaces it before it expires. */
export function tokenFromFile(path: string, clock: Clock = systemClock): () => Promise<string> {
  let token = ''
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (clock.monotonic() - readAt < reloadAfterMs) return token
    try {
      token = (await readFile(path, 'utf8')).trim()
      readAt = clock.monotonic()
    } catch (cause) {
      if (!token) throw new Error(`token file ${path} cannot be read`, { cause })
    }
    return token
  }
}
