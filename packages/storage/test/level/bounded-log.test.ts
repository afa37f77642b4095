import { randomFillSync } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'

const mebibyte = 1 << 20
const bound = 4 * mebibyte
const keys = 100
const rounds = 120
const value = randomFillSync(Buffer.alloc(8192))

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size
  return bytes
}

t.test('the log keeps to its size, on the disk too and over restarts, however much is written', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-bounded-'))
  const options = { directory, interval: 5, retention: { milliseconds: 3_600_000, bytes: bound } }
  let backend = await LevelBackend.open(options)
  t.teardown(async () => {
    await backend.close()
    await rm(directory, { recursive: true, force: true })
  })
  const revisions: number[] = []
  const write = async (key: number) => {
    const revision = revisions[key]
    const written = revision ? await backend.update(`/${key}`, value, revision) : await backend.create(`/${key}`, value)
    revisions[key] = written.revision
  }
  const sizes: number[] = []
  const kept: number[] = []
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: keys }, (_, key) => write(key)))
    if (round % 20 === 19) {
      await backend.close()
      sizes.push(await bytesIn(directory))
      backend = await LevelBackend.open(options)
      kept.push((await backend.currentRevision()) - (await backend.compactedRevision()))
    }
  }
  const written = rounds * keys * value.length
  t.ok(written > 20 * bound && written > bound + 64 * mebibyte)
  // What LevelDB has not merged yet comes on top, however much more is written.
  const unmerged = 64 * mebibyte
  t.ok(Math.max(...sizes) < bound + unmerged, `at most ${Math.max(...sizes)} bytes of ${written} written`)
  const allowed = bound / value.length + 10 * keys
  t.ok(Math.max(...kept) <= allowed, `at most ${Math.max(...kept)} revisions kept, ${allowed} allowed`)
})
