import { createHash, randomBytes } from 'node:crypto'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import t from 'tap'
import type { IntegrityCheck } from '../../src/level/integrity.ts'
import { LevelBackend } from '../../src/level/level-backend.ts'
import { headKey, stateKey, valueKey } from '../../src/level/records.ts'

const base = await mkdtemp(join(tmpdir(), 'tandem-integrity-'))
t.teardown(() => rm(base, { recursive: true, force: true }))
const whole = join(base, 'whole')
const writes = 400

/** Several tables, compressible and not, and a log that is in no table yet; closed as a crash closes. */
async function fillWhole(): Promise<void> {
  let backend = await LevelBackend.open({ directory: whole })
  for (let i = 0; i < writes; i++) {
    if (i === writes / 2) {
      await backend.close()
      backend = await LevelBackend.open({ directory: whole })
    }
    await backend.create(`/k/${i}`, i % 2 ? randomBytes(3000) : Buffer.alloc(3000, 'x'))
  }
  await backend.close()
}
await fillWhole()

type Damage = (directory: string) => Promise<unknown>

const the = async (directory: string, kind: RegExp): Promise<string> => {
  const names = (await readdir(directory)).filter((name) => kind.test(name))
  return join(directory, names.sort().at(-1) ?? '')
}
const remove =
  (kind: RegExp): Damage =>
  async (directory) =>
    rm(await the(directory, kind))
const flip =
  (kind: RegExp, where: number): Damage =>
  async (directory) => {
    const path = await the(directory, kind)
    const bytes = await readFile(path)
    const at = Math.floor(bytes.length * where)
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    await writeFile(path, bytes)
  }
const cut =
  (kind: RegExp, bytes: number): Damage =>
  async (directory) => {
    const path = await the(directory, kind)
    await truncate(path, (await readFile(path)).length - bytes)
  }
const append =
  (kind: RegExp, bytes: Buffer): Damage =>
  async (directory) =>
    appendFile(await the(directory, kind), bytes)
const change =
  (work: (database: Level<string, string>) => Promise<unknown>): Damage =>
  async (directory) => {
    const database = new Level(directory)
    await work(database)
    await database.close()
  }

const log = /\.log$/
const table = /\.ldb$/
const manifest = /^MANIFEST/

const rows: [name: string, damage: Damage, check: IntegrityCheck, found: RegExp | undefined][] = [
  ['nothing', async () => {}, 'deep', undefined],
  ['no CURRENT', remove(/^CURRENT$/), 'quick', /CURRENT is missing/],
  [
    'a CURRENT of nothing',
    (directory) => writeFile(join(directory, 'CURRENT'), ''),
    'quick',
    /CURRENT names no manifest/,
  ],
  ['no manifest', remove(manifest), 'quick', /MANIFEST-\d+ is missing/],
  ['a changed manifest', flip(manifest, 0.2), 'quick', /MANIFEST-\d+ is unreadable at byte \d+/],
  ['a torn end of the manifest', append(manifest, Buffer.from('a record that was begun')), 'quick', undefined],
  ['no log', remove(log), 'quick', /\.log is missing/],
  ['a changed log', flip(log, 0.5), 'quick', /\.log is unreadable at byte \d+, and goes on behind that/],
  ['a torn end of the log', append(log, Buffer.from('a record that was begun')), 'deep', undefined],
  ['zeros at the end of the log', append(log, Buffer.alloc(5000)), 'deep', undefined],
  ['no table', remove(table), 'quick', /\.ldb is missing/],
  ['a short table', cut(table, 5), 'quick', /\.ldb has \d+ bytes where it had \d+/],
  ['a table that ends otherwise', flip(table, 0.99999), 'quick', /\.ldb does not end as a table does/],
  ['a changed table', flip(table, 0.5), 'deep', /\.ldb is damaged: the block at \d+ does not match its checksum/],
  [
    'a revision that is gone',
    change((database) => database.del(headKey(7))),
    'deep',
    /revisions between 6 and 8 are missing/,
  ],
  [
    'a value that is gone',
    change((database) => database.del(valueKey(7))),
    'deep',
    /revision 7, of \/k\/6, has no value/,
  ],
  [
    'a state of nothing',
    change((database) => database.put(stateKey('/n'), 'x'.repeat(18))),
    'deep',
    /\/n has no value/,
  ],
]

const data = /^CURRENT$|^MANIFEST|\.log$|\.ldb$/

async function shown(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).filter((name) => data.test(name))
  const digests = names.map(async (name) => [
    name,
    createHash('sha256')
      .update(await readFile(join(directory, name)))
      .digest('hex'),
  ])
  return Object.fromEntries(await Promise.all(digests))
}

for (const [name, damage, integrityCheck, found] of rows)
  t.test(`${integrityCheck}: ${name}`, async (t) => {
    const directory = join(base, name.replaceAll(' ', '-'))
    await cp(whole, directory, { recursive: true })
    await damage(directory)
    const before = await shown(directory)
    if (found) {
      const refused = await t.rejects(LevelBackend.open({ directory, integrityCheck }), { code: 'STORAGE_FORMAT' })
      t.match((refused as Error).message, found)
      t.match((refused as Error).message, directory)
      if (integrityCheck === 'quick') t.same(await shown(directory), before, 'nothing was changed')
      return
    }
    const backend = await LevelBackend.open({ directory, integrityCheck })
    t.equal(await backend.count('/'), writes)
    t.equal(await backend.currentRevision(), writes)
    await backend.close()
  })
