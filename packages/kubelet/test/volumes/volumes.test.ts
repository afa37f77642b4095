import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { writeAtomically } from '../../src/volumes/atomic-writer.ts'
import { containerMounts } from '../../src/volumes/container-mounts.ts'
import { configMapFiles, downwardFiles, secretFiles } from '../../src/volumes/projection.ts'
import { resolveInside } from '../../src/volumes/resolve-inside.ts'
import { openBeneath, pathOf } from '../../src/volumes/safe-path.ts'
import { podOf } from '../fixtures.ts'

const directory = await mkdtemp(join(tmpdir(), 'kubelet-volumes-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))

t.test('a reader of the files sees the old ones or the new ones', async (t) => {
  const root = join(directory, 'atomic')
  const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode })
  await writeAtomically(
    root,
    new Map([
      ['a', file('1')],
      ['deep/b', file('2', 0o600)],
    ]),
  )
  t.equal(await readFile(join(root, 'a'), 'utf8'), '1')
  t.equal(await readFile(join(root, 'deep/b'), 'utf8'), '2')
  t.equal((await stat(join(root, 'deep/b'))).mode & 0o777, 0o600)
  t.equal(await readlink(join(root, 'a')), '..data/a')
  const first = await readlink(join(root, '..data'))
  t.match(first, /^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\./)
  await writeAtomically(
    root,
    new Map([
      ['a', file('1')],
      ['deep/b', file('2', 0o600)],
    ]),
  )
  t.equal(await readlink(join(root, '..data')), first, 'nothing changed, nothing is written')
  await writeAtomically(root, new Map([['a', file('3')]]))
  t.equal(await readFile(join(root, 'a'), 'utf8'), '3')
  t.same(
    (await readdir(root)).filter((name) => !/^\.\.\d/.test(name)),
    ['..data', 'a'],
  )
  t.equal((await readdir(root)).length, 3, 'the old directory is gone')
})

const metadata = { name: 'n', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
t.test('entries become files', async (t) => {
  const all = { defaultMode: 0o644, optional: false }
  const text = (files: ReturnType<typeof configMapFiles>) =>
    Object.fromEntries([...files].map(([path, { content, mode }]) => [path, `${content} ${mode.toString(8)}`]))
  const configMap = { metadata, data: { a: '1' }, binaryData: { b: Buffer.from('2').toString('base64') } }
  t.same(text(configMapFiles(configMap, all)), { a: '1 644', b: '2 644' })
  t.same(text(configMapFiles(configMap, { ...all, items: [{ key: 'a', path: 'x/y', mode: 0o400 }] })), {
    'x/y': '1 400',
  })
  t.throws(() => configMapFiles(configMap, { ...all, items: [{ key: 'none', path: 'x' }] }), {
    message: 'references non-existent config key: none',
  })
  t.same(text(configMapFiles(configMap, { ...all, optional: true, items: [{ key: 'none', path: 'x' }] })), {})
  t.same(text(secretFiles({ metadata, data: { k: Buffer.from('v').toString('base64') } }, all)), { k: 'v 644' })
  const pod = podOf({}, { labels: { b: '2', a: 'x"y' } })
  const items = [
    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
    { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
  ]
  t.same(text(downwardFiles({ pod, items, defaultMode: 0o644, allocatable: { cpu: '2' } })), {
    labels: 'a="x\\"y"\nb="2" 644',
    cpu: '2000 644',
  })
})

t.test('no subPath leads out of its volume', async (t) => {
  const root = join(directory, 'volume')
  await mkdir(join(root, 'in', 'deep'), { recursive: true })
  await chmod(root, 0o755)
  await symlink('/etc', join(root, 'out'))
  await symlink('in/deep', join(root, 'link'))
  t.same(await resolveInside(root, 'in/deep'), { path: join(root, 'in/deep'), missing: false })
  t.same(await resolveInside(root, 'link/new/one'), { path: join(root, 'in/deep/new/one'), missing: true })
  for (const path of ['../x', 'out', 'out/passwd', 'in/../../x', 'out/new'])
    await t.rejects(resolveInside(root, path), { code: 'PathEscapes' }, path)
})

t.test('a way through a volume follows no link', async (t) => {
  const root = join(directory, 'swapped')
  await mkdir(join(root, 'in'), { recursive: true })
  await symlink('/etc', join(root, 'link'))
  await symlink('passwd', join(root, 'in', 'file'))
  const made = await openBeneath(root, ['in', 'new', 'deep'], { mode: 0o750 })
  t.equal(await realpath(pathOf(made)), join(root, 'in/new/deep'))
  t.equal((await stat(join(root, 'in/new'))).mode & 0o777, 0o750)
  await made.close()
  for (const names of [['link'], ['link', 'passwd'], ['in', 'file'], ['link', 'made']])
    await t.rejects(openBeneath(root, names, { mode: 0o755 }), { code: 'PathEscapes' }, names.join('/'))
  await t.rejects(openBeneath(root, ['none']), { message: 'none does not exist' })
})

t.test('a subPath is below its volume', async (t) => {
  const mounts = (subPathExpr: string) =>
    containerMounts(
      { name: 'c', volumeMounts: [{ name: 'v', mountPath: '/data', subPathExpr }] },
      new Map([['v', { path: directory }]]),
      { env: [{ name: 'WHERE', value: '/tmp' }], subPaths: join(directory, 'sub-paths') },
    )
  await t.rejects(mounts('$(WHERE)'), { message: 'error SubPath `/tmp` must not be an absolute path' })
  await t.rejects(mounts('a/../b'), { message: "unable to provision SubPath `a/../b`: must not contain '..'" })
})
