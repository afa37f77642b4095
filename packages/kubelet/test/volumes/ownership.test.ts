import type { Stats } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { giveToGroup, isGiven } from '../../src/volumes/ownership.ts'

const directory = await mkdtemp(join(tmpdir(), 'kubelet-ownership-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))

/** A group that whoever runs this may give files to. */
const fsGroup = process.getuid?.() === 0 ? 4321 : (process.getgid?.() ?? 0)

t.test('all of a volume is given to the group, and nothing outside it', async (t) => {
  const root = join(directory, 'volume')
  const outside = join(directory, 'outside')
  await mkdir(join(root, 'deep'), { recursive: true })
  await chmod(root, 0o700)
  await writeFile(join(root, 'deep', 'file'), '', { mode: 0o604 })
  await writeFile(outside, '', { mode: 0o600 })
  await symlink(outside, join(root, 'link'))
  await giveToGroup(root, { fsGroup, readOnly: false })
  const seen = async (path: string) => {
    const { gid, mode } = await stat(join(root, path))
    return { gid, mode: mode & 0o7777 }
  }
  t.same(await seen('.'), { gid: fsGroup, mode: 0o2770 })
  t.same(await seen('deep'), { gid: fsGroup, mode: 0o2775 })
  t.same(await seen('deep/file'), { gid: fsGroup, mode: 0o664 })
  t.equal((await lstat(join(root, 'link'))).gid, fsGroup)
  t.equal((await stat(outside)).mode & 0o7777, 0o600, 'a link is not followed')

  await chmod(join(root, 'deep/file'), 0o600)
  await giveToGroup(root, { fsGroup, readOnly: false, policy: 'OnRootMismatch' })
  t.equal((await seen('deep/file')).mode, 0o600, 'the root is as it should be: nothing is done')
  await giveToGroup(root, { fsGroup, readOnly: false, policy: 'Always' })
  t.equal((await seen('deep/file')).mode, 0o660)
})

t.test('when a root tells that all was given', (t) => {
  const statsOf = (gid: number, mode: number): Stats => ({ gid, mode, isDirectory: () => true }) as Stats
  const cases = [
    { name: 'group, setgid and all rights', root: statsOf(5, 0o2770), given: true },
    { name: 'more rights than needed', root: statsOf(5, 0o2777), given: true },
    { name: 'another group', root: statsOf(6, 0o2770), given: false },
    { name: 'no setgid', root: statsOf(5, 0o770), given: false },
    { name: 'the group may not write', root: statsOf(5, 0o2750), given: false },
    { name: 'the group may not write what nobody may', root: statsOf(5, 0o2750), readOnly: true, given: true },
  ]
  for (const { name, root, given, readOnly = false } of cases)
    t.equal(isGiven(root, { fsGroup: 5, readOnly }), given, name)
  t.end()
})
