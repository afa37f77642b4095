import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Backup } from '../../src/backup/backup.ts'
import { decodeBackup, encodeBackup } from '../../src/backup/format.ts'
import { restoreBackup } from '../../src/level/backup.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'

const base = await mkdtemp(join(tmpdir(), 'tandem-backup-'))
t.teardown(() => rm(base, { recursive: true, force: true }))

async function bytesOf(backup: Backup): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of encodeBackup(backup)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** In small pieces, which end anywhere. */
async function* inPieces(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const store = join(base, 'store')
const backend = await LevelBackend.open({ directory: store })
const count = 500
const revisions: number[] = []
for (let i = 0; i < count; i++)
  revisions.push((await backend.create(`/k/${String(i).padStart(4, '0')}`, Buffer.alloc(i * 3, i))).revision)
await backend.update('/k/0001', Buffer.from('later'), revisions[1] ?? 0)
await backend.delete('/k/0002', revisions[2] ?? 0)
await backend.create('/k/short-lived', Buffer.from('x'), { ttlSeconds: 3600 })
const { entries: expected, revision } = await backend.list('/')
const whole = await bytesOf(await backend.backup({ cluster: 'prod' }))

const there = (entries: typeof expected) => entries.map(({ value, ...rest }) => ({ ...rest, value: [...value] }))

t.test('what is written meanwhile is in no backup', async (t) => {
  const backup = await backend.backup()
  const iterator = backup.entries[Symbol.asyncIterator]()
  await iterator.next()
  await backend.create('/k/zzz', Buffer.from('new'))
  await backend.update('/k/0400', Buffer.from('new'), revisions[400] ?? 0)
  await backend.delete('/k/0401', revisions[401] ?? 0)
  await backend.compact(await backend.currentRevision())
  const found: [string, number][] = []
  for (let next = await iterator.next(); !next.done; next = await iterator.next())
    found.push([next.value.key, next.value.modRevision])
  t.equal(backup.header.revision, revision)
  t.same(
    found,
    expected.slice(1).map(({ key, modRevision }) => [key, modRevision]),
  )
})

t.test('a restored store is as it was, and revisions go on far behind', async (t) => {
  const directory = join(base, 'restored')
  const backup = await decodeBackup(inPieces(whole), 'backup')
  t.match(backup.header, { revision, attributes: { cluster: 'prod' } })
  t.same(await restoreBackup(directory, backup), { entries: expected.length, before: undefined })
  let now = Date.now()
  const restored = await LevelBackend.open({ directory, integrityCheck: 'deep', interval: 5, now: () => now })
  t.teardown(() => restored.close())
  t.same(there((await restored.list('/')).entries), there(expected))
  const current = await restored.currentRevision()
  t.ok(current >= revision + 1_000_000_000)
  const stale = restored.watch('/', { fromRevision: revision + 5, signal: new AbortController().signal })
  await t.rejects(stale[Symbol.asyncIterator]().next(), { code: 'STORAGE_COMPACTED' })
  t.equal((await restored.update('/k/0000', Buffer.from('new'), revisions[0] ?? 0)).revision, current + 1)
  now += 3_700_000
  for (let tries = 0; tries < 500 && (await restored.get('/k/short-lived')); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(await restored.get('/k/short-lived'), undefined, 'what was to expire does')
})

t.test('what was there before is moved aside', async (t) => {
  const directory = join(base, 'replaced')
  const before = await LevelBackend.open({ directory })
  await before.create('/old', Buffer.from('1'))
  await before.close()
  const { before: aside = '' } = await restoreBackup(directory, await decodeBackup(inPieces(whole), 'backup'))
  const old = await LevelBackend.open({ directory: aside })
  t.ok(await old.get('/old'))
  await old.close()
  const restored = await LevelBackend.open({ directory })
  t.equal(await restored.get('/old'), undefined)
  await restored.close()
})

const flipped = (at: number): Buffer => {
  const bytes = Buffer.from(whole)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}
const refused: [name: string, bytes: Buffer, message: RegExp][] = [
  ['nothing', Buffer.alloc(0), /^backup is no backup of Tandem's$/],
  ['something else', Buffer.from('PK\x03\x04 an archive'), /^backup is no backup of Tandem's$/],
  [
    'another version',
    Buffer.from('tandem backup 7\n{}\n'),
    /is of format 7, and this version of Tandem reads format 1$/,
  ],
  ['no header', Buffer.from('tandem backup 1\nwhat\n'), /is damaged: it has no header$/],
  ['a cut', whole.subarray(0, whole.length / 2), /is cut off after \d+ entries$/],
  ['a cut at the very end', whole.subarray(0, -1), /is cut off after \d+ entries$/],
  ['a changed value', flipped(whole.length - 2000), /is damaged: its checksum does not match$/],
  ['a changed checksum', flipped(whole.length - 1), /is damaged: its checksum does not match$/],
  ['more behind the end', Buffer.concat([whole, Buffer.from('x')]), /is damaged: its checksum does not match$/],
]
for (const [name, bytes, message] of refused)
  t.test(`refused: ${name}`, async (t) => {
    const directory = join(base, 'kept')
    const kept = await LevelBackend.open({ directory })
    await kept.close()
    const names = await readdir(base)
    const restoring = async () => restoreBackup(directory, await decodeBackup(inPieces(bytes), 'backup'))
    await t.rejects(restoring(), { code: 'STORAGE_BACKUP', message })
    t.same(await readdir(base), names, 'nothing was changed')
  })

t.test('a store in use is not replaced', async (t) => {
  const backup = await decodeBackup(inPieces(whole), 'backup')
  await t.rejects(restoreBackup(store, backup), {
    code: 'STORAGE_LOCKED',
    message: new RegExp(`process ${process.pid}$`),
  })
})

t.teardown(() => backend.close())
