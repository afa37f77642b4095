import { access, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { LocalPathDirectory } from '../../src/volumes/local-path-directory.ts'

const directory = await mkdtemp(join(tmpdir(), 'kubelet-local-path-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const root = join(directory, 'local-path')
const volumes = new LocalPathDirectory(root)
const name = 'pvc-3f2504e0-4f89-41d3-9a0c-0305e82c3301'
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o7777

t.test('a volume is open to whoever has it, and lies where nobody else can look', async (t) => {
  await volumes.ensure(join(root, name))
  t.equal(await modeOf(join(root, name)), 0o777)
  t.equal(await modeOf(root), 0o700)
  await writeFile(join(root, name, 'kept'), 'data')
  await volumes.ensure(join(root, name))
  await access(join(root, name, 'kept'))
})

t.test('nothing else is made, and nothing else removed', async (t) => {
  for (const path of [
    join(directory, name),
    join(root, 'other'),
    join(root, name, name),
    '/etc',
    `${root}/../${name}`,
  ]) {
    const before = await stat(path).catch(() => undefined)
    await volumes.ensure(path)
    t.equal((await stat(path).catch(() => undefined))?.ino, before?.ino, path)
  }
  await mkdir(join(directory, 'precious'))
  for (const volume of ['../precious', '.', '', '..', 'other', `${name}/../../precious`, `${name}\n`])
    await t.rejects(volumes.remove(volume), { message: 'is not the name of a provisioned volume' }, volume)
  await access(join(directory, 'precious'))
})

t.test('a volume is removed with all that is in it, once or twice', async (t) => {
  await volumes.remove(name)
  await t.rejects(stat(join(root, name)), { code: 'ENOENT' })
  await volumes.remove(name)
})
