import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Alarm, LevelBackend, type LevelOptions } from '../../src/level/level-backend.ts'

/** How a small disk is mounted, in a directory of its own. */
const disks: Record<string, (directory: string) => string[]> = {
  tmpfs: (directory) => ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory],
  ext4: (directory) => {
    const image = `${directory}.img`
    writeBytes(image, 0)
    truncateSync(image, 96 << 20)
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image])
    return ['-o', 'loop', image, directory]
  },
}

/** Undefined where this machine cannot. */
async function mountSmallDisk(t: Test, kind: string): Promise<string | undefined> {
  const base = await mkdtemp(join(tmpdir(), 'tandem-full-'))
  const directory = join(base, 'disk')
  await mkdir(directory)
  try {
    execFileSync('mount', disks[kind]?.(directory) ?? [], { stdio: 'pipe' })
  } catch {
    await rm(base, { recursive: true, force: true })
    return undefined
  }
  t.after(async () => {
    execFileSync('umount', [directory])
    await rm(base, { recursive: true, force: true })
  })
  return directory
}

function writeBytes(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  try {
    for (let left = bytes; left > 0; left -= 1 << 16) writeSync(file, Buffer.alloc(1 << 16, 1))
  } finally {
    closeSync(file)
  }
}

/** Leaves not one block free. */
function fillUp(path: string): void {
  for (let part = 0; part < 3; part++) {
    try {
      writeBytes(`${path}-${part}`, 1 << 30)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

const makeRoom = (path: string): void => {
  for (let part = 0; part < 3; part++) rmSync(`${path}-${part}`, { force: true })
}

async function until(what: () => Promise<boolean> | boolean): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    if (await what()) return true
    await sleep(100)
  }
  return false
}

function noise(bytes: number): Buffer {
  const value = Buffer.alloc(bytes)
  for (let i = 0; i < value.length; i++) value[i] = Math.random() * 256
  return value
}

/** Writes key after key from many sides until told to stop, and keeps what each was told. */
function writers(backend: LevelBackend) {
  const acknowledged = new Map<string, number>()
  const refused = new Map<string, string>()
  let going = true
  const write = async (writer: number) => {
    for (let turn = 0; going; turn++) {
      const key = `/w/${writer}-${turn}`
      try {
        acknowledged.set(key, (await backend.create(key, noise(2000))).revision)
      } catch (error) {
        refused.set(key, (error as { code: string }).code)
        await sleep(5)
      }
    }
  }
  const writing = Promise.all(Array.from({ length: 16 }, (_, i) => write(i)))
  return {
    acknowledged,
    refused,
    async stop() {
      going = false
      await writing
    },
  }
}

const skip = process.getuid?.() === 0 ? false : 'needs root to mount a small disk'

for (const kind of Object.keys(disks))
  t.test(`on ${kind}`, { skip }, async (t) => {
    const disk = await mountSmallDisk(t, kind)
    if (!disk) {
      t.comment(`this machine cannot mount ${kind}`)
      return
    }
    const alarms: Alarm['state'][] = []
    let ahead = 0
    const options: LevelOptions = {
      directory: join(disk, 'store'),
      interval: 100,
      reserveBytes: 24 << 20,
      retention: { milliseconds: 100 },
      now: () => Date.now() + ahead,
      onAlarm: ({ state }) => alarms.push(state),
    }

    await t.test('a store that fills its disk', async (t) => {
      const backend = await LevelBackend.open(options)
      t.teardown(() => backend.close())
      const value = noise(100_000)
      const revisions: number[] = []
      const fill = async () => {
        for (let i = 0; ; i++) revisions[i] = (await backend.create(`/k${i}`, value)).revision
      }
      await t.rejects(fill(), { code: 'STORAGE_NO_SPACE' })
      t.ok(revisions.length > 50, `${revisions.length} writes went in`)
      t.same(alarms, ['raised'])
      t.equal((await backend.get('/k0'))?.value.length, value.length, 'reads go on')
      t.equal(await backend.count('/'), revisions.length)
      for (const [i, revision] of revisions.entries()) {
        const gone = () =>
          backend.delete(`/k${i}`, revision).then(
            () => true,
            () => false,
          )
        if (!(await until(gone))) t.fail(`/k${i} cannot be deleted`)
      }
      const works = () =>
        backend.create('/again', value).then(
          () => true,
          () => false,
        )
      t.ok(await until(works), 'once there is room, writing goes on')
      t.match([alarms[0], alarms.at(-1)], ['raised', 'cleared'])
    })

    await t.test('a disk that others fill in the middle of writes', async (t) => {
      alarms.length = 0
      rmSync(options.directory, { recursive: true })
      const backend = await LevelBackend.open({ ...options, directory: join(disk, 'other') })
      t.teardown(() => backend.close())
      // The reserve is made once the store has lived a while.
      ahead += 60_000
      const told = new AbortController()
      const events: [string, number][] = []
      const watching = (async () => {
        for await (const batch of backend.watch('/w/', { fromRevision: 0, signal: told.signal }))
          for (const { key, revision } of batch.events) events.push([key, revision])
      })()
      const { acknowledged, refused, stop } = writers(backend)
      for (let round = 0; round < 3; round++) {
        const before = acknowledged.size
        t.ok(await until(() => acknowledged.size > before + 200), 'writes go in')
        t.ok(await until(() => existsSync(join(disk, 'other', 'reserve'))), 'there is a reserve')
        const [known = ''] = acknowledged.keys()
        fillUp(join(disk, 'ballast'))
        const refusedBefore = refused.size
        t.ok(await until(() => refused.size > refusedBefore + 50), 'writes are refused')
        t.equal((await backend.get(known))?.value.length, 2000, 'reads go on')
        t.ok((await backend.list('/w/')).entries.length >= acknowledged.size - 16, 'so do lists')
        makeRoom(join(disk, 'ballast'))
      }
      const before = acknowledged.size
      t.ok(await until(() => acknowledged.size > before + 100), 'with room, writes go in again, without a restart')
      await stop()
      t.same([...new Set(refused.values())], ['STORAGE_NO_SPACE'])
      t.ok(await until(() => events.length === acknowledged.size), 'the watch goes on')
      told.abort()
      await watching
      const byRevision = [...acknowledged].sort(([, a], [, b]) => a - b)
      t.same(events, byRevision, 'the watch told what was acknowledged, all of it, once, in order')
      await t.test('all of it is there, and nothing else', (t) => sameKeys(t, backend, acknowledged))
      await backend.close()
      const again = await LevelBackend.open({ ...options, directory: join(disk, 'other') })
      t.teardown(() => again.close())
      await t.test('also after a restart', (t) => sameKeys(t, again, acknowledged))
      t.ok(alarms.filter((state) => state === 'raised').length >= 3, 'an alarm was raised each time')
    })

    await t.test('a disk with no room even to open the store anew', async (t) => {
      rmSync(join(disk, 'other'), { recursive: true })
      const directory = join(disk, 'third')
      // It has not lived long enough to have a reserve.
      const open = () => LevelBackend.open({ ...options, now: Date.now, directory })
      let backend = await open()
      const acknowledged = new Map<string, number>()
      const write = async (key: string) => acknowledged.set(key, (await backend.create(key, noise(2000))).revision)
      for (let i = 0; i < 100; i++) await write(`/w/${i}`)
      const failing = async () => {
        fillUp(join(disk, 'ballast'))
        for (let i = 0; i < 100; i++) await write(`/w/${acknowledged.size}`)
      }
      const outcome = failing().then(
        () => 'written',
        ({ code }) => code,
      )
      await sleep(500)
      makeRoom(join(disk, 'ballast'))
      t.equal(await outcome, 'STORAGE_NO_SPACE', 'a write that failed is answered once it is known what became of it')
      t.ok(
        await until(() =>
          write('/w/again').then(
            () => true,
            () => false,
          ),
        ),
      )
      await t.test('all of it is there, and nothing else', (t) => sameKeys(t, backend, acknowledged))

      const ended = failing().then(
        () => 'written',
        ({ code }) => code,
      )
      await sleep(500)
      await backend.close()
      t.match(await ended, /^STORAGE_(NO_SPACE|CLOSED)$/, 'a store that waits for room can be closed')
      makeRoom(join(disk, 'ballast'))
      backend = await open()
      t.teardown(() => backend.close())
      const { entries } = await backend.list('/w/')
      const found = new Map(entries.map(({ key, modRevision }) => [key, modRevision]))
      t.same(
        [...acknowledged].filter(([key, revision]) => found.get(key) !== revision),
        [],
      )
    })
  })

async function sameKeys(t: Test, backend: LevelBackend, acknowledged: Map<string, number>): Promise<void> {
  const { entries } = await backend.list('/w/')
  const found = entries.map(({ key, modRevision }): [string, number] => [key, modRevision])
  t.same(
    found.sort(([, a], [, b]) => a - b),
    [...acknowledged].sort(([, a], [, b]) => a - b),
  )
}
