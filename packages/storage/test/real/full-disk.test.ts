import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'

const isRoot = process.getuid?.() === 0

t.test('a disk that fills up', { skip: isRoot ? false : 'needs root to mount a small disk' }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory])
  const options = {
    directory: join(directory, 'store'),
    interval: 20,
    reserveBytes: 24 << 20,
    retention: { milliseconds: 50 },
  }
  let backend = await LevelBackend.open(options)
  t.teardown(async () => {
    await backend.close()
    execFileSync('umount', [directory])
    await rm(directory, { recursive: true, force: true })
  })
  const value = Buffer.alloc(100_000, 'incompressible'.repeat(7))
  for (let i = 0; i < value.length; i++) value[i] = Math.random() * 256
  const revisions: number[] = []
  const fill = async () => {
    for (let i = revisions.length; ; i++) revisions[i] = (await backend.create(`/k${i}`, value)).revision
  }
  await t.rejects(fill(), { code: 'STORAGE_NO_SPACE' })
  const written = revisions.length
  t.ok(written > 50, `${written} writes went in`)
  t.equal((await backend.get('/k0'))?.value.length, value.length, 'reads go on')

  await backend.delete('/k0', revisions[0] ?? 0)
  t.equal(await backend.get('/k0'), undefined, 'what is there can be deleted')
  await backend.close()
  backend = await LevelBackend.open(options)
  t.equal(await backend.count('/'), written - 1, 'nothing that was acknowledged is lost')

  for (let i = 1; i < written; i++) await backend.delete(`/k${i}`, revisions[i] ?? 0)
  const works = async () => {
    for (let i = 0; i < 50; i++) {
      const { revision } = await backend.create('/again', value).catch(() => ({ revision: 0 }))
      if (revision > 0) return revision
      await sleep(100)
    }
    return 0
  }
  t.ok(await works(), 'once there is room, writing goes on')
})
