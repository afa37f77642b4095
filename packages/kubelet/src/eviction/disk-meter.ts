import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@tandem/component-base'
import type { DiskUse } from './pod-use.ts'

/** A measurement is worth this many times the time it took: large trees are measured seldom. */
const worth = 20

const remembered = 500
const forgottenAfter = 10 * 60_000

interface Measurement {
  use: Promise<DiskUse>
  validUntil: number
}

/** How much directories and files take of a disk, counted file by file, and not again before that pays. */
export class DiskMeter {
  readonly #clock: Clock
  readonly #measurements = new Map<string, Measurement>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  measure(path: string): Promise<DiskUse> {
    const known = this.#measurements.get(path)
    const startedAt = this.#clock.monotonic()
    if (known && known.validUntil > startedAt) return known.use
    this.#forgetOld(startedAt)
    const measurement: Measurement = { use: diskUseOf(path), validUntil: Number.POSITIVE_INFINITY }
    this.#measurements.set(path, measurement)
    void measurement.use.then(() => {
      const now = this.#clock.monotonic()
      measurement.validUntil = now + worth * (now - startedAt)
    })
    return measurement.use
  }

  /** Pods come and go, and what was asked for of them is not asked for again. */
  #forgetOld(now: number): void {
    if (this.#measurements.size < remembered) return
    for (const [path, { validUntil }] of this.#measurements)
      if (validUntil + forgottenAfter < now) this.#measurements.delete(path)
  }
}

/** What goes away while it is counted counts for nothing. */
async function diskUseOf(path: string): Promise<DiskUse> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return { bytes: 0, inodes: 0 }
  const use = { bytes: found.blocks * 512, inodes: 1 }
  if (!found.isDirectory()) return use
  const directories = [path]
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await opendir(directory).catch(() => undefined)
    if (!entries) continue
    for await (const entry of entries) {
      const inner = join(directory, entry.name)
      const stats = await lstat(inner).catch(() => undefined)
      if (!stats) continue
      use.bytes += stats.blocks * 512
      use.inodes++
      if (stats.isDirectory()) directories.push(inner)
    }
  }
  return use
}
