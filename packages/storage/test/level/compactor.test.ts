import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { History } from '../../src/level/compactor.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'

/** Marks in order: when, at what revision, bytes written since; and the revision that may then be compacted to. */
type Step = [at: number, revision: number, bytes: number, compact: number]

const rows: [string, Step[]][] = [
  [
    'what is young stays',
    [
      [10, 5, 1, 0],
      [90, 6, 1, 0],
    ],
  ],
  [
    'what is old goes',
    [
      [10, 5, 1, 0],
      [100, 6, 1, 1],
      [111, 7, 1, 5],
      [300, 8, 1, 7],
    ],
  ],
  [
    'the latest mark stays, however old',
    [
      [1000, 5, 1, 1],
      [9000, 5, 0, 5],
    ],
  ],
  [
    'what is too much is cut to half',
    [
      [1, 5, 400, 0],
      [2, 6, 400, 0],
      [3, 7, 400, 6],
    ],
  ],
]
for (const [name, steps] of rows)
  t.test(name, async (t) => {
    const history = new History({ milliseconds: 100, bytes: 1000 }, [{ at: 0, revision: 1, bytes: 0 }])
    for (const [at, revision, bytes, compact] of steps) {
      history.wrote(bytes)
      history.mark(at, revision)
      t.equal(history.forget(at), compact, `at ${at}`)
    }
  })

t.test('history goes by itself, and with it what lies on the disk', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-level-'))
  let now = 1000
  const backend = await LevelBackend.open({ directory, interval: 5, now: () => now, retention: { milliseconds: 1000 } })
  t.teardown(async () => {
    await backend.close()
    await rm(directory, { recursive: true, force: true })
  })
  let { revision } = await backend.create('/a', Buffer.from('0'))
  const first = revision
  for (let i = 1; i < 10; i++) revision = (await backend.update('/a', Buffer.from(String(i)), revision)).revision
  await sleep(20)
  now += 500
  await sleep(20)
  t.ok((await backend.list('/', { revision: first })).entries.length, 'not yet')
  now += 2000
  await sleep(50)
  await t.rejects(backend.list('/', { revision: first }), { code: 'STORAGE_COMPACTED' })
  t.equal(await backend.compactedRevision(), revision)
  t.equal(Buffer.from((await backend.get('/a'))?.value ?? []).toString(), '9')
})
