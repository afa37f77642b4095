import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import t, { type Test } from 'tap'
import { LevelBackend } from '../../src/level/level-backend.ts'

async function directoryFor(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-level-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

t.test('a directory in use is refused, with who uses it', async (t) => {
  const directory = await directoryFor(t)
  const backend = await LevelBackend.open({ directory })
  await t.rejects(LevelBackend.open({ directory }), {
    code: 'STORAGE_LOCKED',
    message: `${directory} is in use by process ${process.pid}`,
  })
  await backend.create('/a', Buffer.from('still works'))
  await backend.close()
  t.notOk((await readdir(directory)).includes('owner.pid'))
  await (await LevelBackend.open({ directory })).close()
})

t.test('another process is refused too, and a dead owner holds nothing', async (t) => {
  const directory = await directoryFor(t)
  const child = fork(join(import.meta.dirname, 'crash-writer.ts'), [directory], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  await once(child.stdout ?? child, 'data')
  await t.rejects(LevelBackend.open({ directory }), {
    code: 'STORAGE_LOCKED',
    message: new RegExp(`process ${child.pid}$`),
  })
  child.kill('SIGKILL')
  await exited
  await (await LevelBackend.open({ directory })).close()
})

t.test('a directory that is not there is made, for its owner alone', async (t) => {
  const directory = join(await directoryFor(t), 'made', 'store')
  await (await LevelBackend.open({ directory })).close()
  t.equal((await stat(directory)).mode & 0o777, 0o700)
})

t.test('data of another format is refused', async (t) => {
  const directory = await directoryFor(t)
  const database = new Level(directory)
  await database.put('m:format', '99')
  await database.close()
  await t.rejects(LevelBackend.open({ directory }), {
    code: 'STORAGE_FORMAT',
    message: `${directory} holds data of format 99, and this version of Tandem reads format 1`,
  })
})

t.test("somebody else's database is refused and left alone", async (t) => {
  const directory = await directoryFor(t)
  const database = new Level(directory)
  await database.put('theirs', '1')
  await database.close()
  await t.rejects(LevelBackend.open({ directory }), { code: 'STORAGE_FORMAT', message: /not Tandem's/ })
  await database.open()
  t.equal(await database.get('theirs'), '1')
  t.equal(await database.get('m:format'), undefined)
  await database.close()
})

t.test('a damaged database is refused', async (t) => {
  const directory = await directoryFor(t)
  await (await LevelBackend.open({ directory })).close()
  const manifest = (await readdir(directory)).find((name) => name.startsWith('MANIFEST')) ?? ''
  await writeFile(join(directory, manifest), 'not a manifest at all, but longer than a header of a block')
  await t.rejects(LevelBackend.open({ directory }), {
    code: 'STORAGE_FORMAT',
    message: /is damaged: .* nothing was changed/,
  })
})

t.test('without room, writes are refused and reads go on', async (t) => {
  const directory = await directoryFor(t)
  const first = await LevelBackend.open({ directory })
  await first.create('/a', Buffer.from('1'))
  await first.close()
  const full = await LevelBackend.open({ directory, reserveBytes: Number.MAX_SAFE_INTEGER })
  t.teardown(() => full.close())
  await t.rejects(full.create('/b', Buffer.from('1')), { code: 'STORAGE_NO_SPACE' })
  t.ok(await full.get('/a'))
})
