import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { mountPoints, unmountBelow } from '../../src/volumes/mounts.ts'
import { bindSubPath } from '../../src/volumes/sub-path.ts'

const directory = await mkdtemp(join(tmpdir(), 'kubelet-sub-paths-'))
const volume = join(directory, 'volume')
const target = (name: string) => join(directory, 'volume-subpaths', name)
t.teardown(async () => {
  await unmountBelow(directory)
  await rm(directory, { recursive: true, force: true })
})
await mkdir(join(volume, 'part'), { recursive: true })
await writeFile(join(volume, 'part', 'file'), 'ours')
await mkdir(join(directory, 'host'))
await writeFile(join(directory, 'host', 'secret'), 'theirs')

t.test('what was bound stays what it was, whatever the pod makes of the way there', async (t) => {
  const bound = await bindSubPath(volume, 'part', target('part'))
  t.equal(bound, target('part'))
  await rename(join(volume, 'part'), join(volume, 'away'))
  await symlink(join(directory, 'host'), join(volume, 'part'))
  t.same(await readdir(bound), ['file'])
  await t.rejects(bindSubPath(volume, 'part', target('again')), { code: 'PathEscapes' })
  await t.rejects(bindSubPath(volume, 'part/new', target('again')), { code: 'PathEscapes' })
  t.same(await readdir(join(directory, 'host')), ['secret'], 'nothing is made outside')
})

t.test('files, links within the volume, and what is not there yet', async (t) => {
  await symlink('away/file', join(volume, 'link'))
  t.equal(await readFile(await bindSubPath(volume, 'link', target('link')), 'utf8'), 'ours')
  await writeFile(join(await bindSubPath(volume, 'new/deep', target('new')), 'made'), 'inside')
  t.equal(await readFile(join(volume, 'new/deep/made'), 'utf8'), 'inside')
})

t.test('the next container of a pod is given what is there by then', async (t) => {
  await rm(join(volume, 'link'))
  await symlink('new/deep/made', join(volume, 'link'))
  t.equal(await readFile(await bindSubPath(volume, 'link', target('link')), 'utf8'), 'inside')
  t.equal((await mountPoints()).filter((point) => point === target('link')).length, 1)
})

t.test('a race to swap a directory for a link is never won', async (t) => {
  await mkdir(join(volume, 'raced'))
  await writeFile(join(volume, 'raced', 'file'), 'ours')
  let racing = true
  // Steps may fail: the directory that is missing for a moment is made by whoever binds it.
  const raced = join(volume, 'raced')
  const steps = [
    () => rename(raced, join(volume, 'hidden')),
    () => rm(raced, { recursive: true, force: true }),
    () => symlink(join(directory, 'host'), raced),
    () => rm(raced),
    () => rename(join(volume, 'hidden'), raced),
  ]
  const race = (async () => {
    while (racing) for (const step of steps) await step().catch(() => {})
  })()
  for (let i = 0; i < 50; i++) {
    const bound = await bindSubPath(volume, 'raced', target('raced')).catch(() => undefined)
    if (bound && (await readdir(bound)).includes('secret')) t.fail('a directory of the host was bound')
  }
  racing = false
  await race
  t.same(await readdir(join(directory, 'host')), ['secret'])
})
