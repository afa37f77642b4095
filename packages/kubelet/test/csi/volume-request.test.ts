import type { PersistentVolume, PersistentVolumeAccessMode } from '@tandem/api/core/v1/types'
import type { CSIDriver, CSIDriverSpec } from '@tandem/api/storage/v1/types'
import t from 'tap'
import { InTurn } from '../../src/csi/in-turn.ts'
import { accessMode } from '../../src/csi/messages.ts'
import { accessModeOf, appliesGroup, checkLifecycle } from '../../src/csi/volume-request.ts'

const metadata = { name: 'd', uid: 'd', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const volumeOf = (...accessModes: PersistentVolumeAccessMode[]): PersistentVolume => ({
  metadata,
  spec: { accessModes },
})
const driverOf = (spec: CSIDriverSpec): CSIDriver => ({ metadata, spec })
const persistent = { driver: 'd', volumeHandle: 'v' }
const inline = { driver: 'd' }

t.test('the access mode that a driver is asked for', (t) => {
  const old = { has: () => false }
  const knowing = { has: (capability: string) => capability === 'singleNodeMultiWriter' }
  const cases = [
    { name: 'inline', mode: accessMode.singleNodeWriter },
    { name: 'one node', modes: ['ReadWriteOnce'] as const, mode: accessMode.singleNodeWriter },
    {
      name: 'one node, told apart',
      modes: ['ReadWriteOnce'] as const,
      driver: knowing,
      mode: accessMode.singleNodeMultiWriter,
    },
    { name: 'one pod', modes: ['ReadWriteOncePod'] as const, mode: accessMode.singleNodeWriter },
    {
      name: 'one pod, told apart',
      modes: ['ReadWriteOncePod'] as const,
      driver: knowing,
      mode: accessMode.singleNodeSingleWriter,
    },
    { name: 'many readers', modes: ['ReadOnlyMany'] as const, mode: accessMode.multiNodeReaderOnly },
    {
      name: 'the widest of several',
      modes: ['ReadWriteOnce', 'ReadWriteMany'] as const,
      mode: accessMode.multiNodeMultiWriter,
    },
  ]
  for (const { name, modes, driver = old, mode } of cases)
    t.equal(accessModeOf(modes && volumeOf(...modes), driver), mode, name)
  t.end()
})

t.test('whether the kubelet gives a volume to the group', (t) => {
  const once = volumeOf('ReadWriteOnce')
  const formatted = { ...persistent, fsType: 'ext4' }
  const cases = [
    { name: 'no CSIDriver, a file system of one node', source: formatted, volume: once, applies: true },
    { name: 'no file system named', source: persistent, volume: once, applies: false },
    { name: 'of many nodes', source: formatted, volume: volumeOf('ReadWriteMany'), applies: false },
    { name: 'never', source: formatted, volume: once, policy: 'None', applies: false },
    { name: 'always', source: inline, volume: undefined, policy: 'File', applies: true },
    { name: 'inline', source: { ...inline, fsType: 'ext4' }, volume: undefined, applies: false },
  ]
  for (const { name, source, volume, policy, applies } of cases)
    t.equal(
      appliesGroup(source, { volume, driver: policy ? driverOf({ fsGroupPolicy: policy }) : undefined }),
      applies,
      name,
    )
  t.end()
})

t.test('a driver is given only volumes of the lives that it knows', (t) => {
  checkLifecycle(persistent, undefined)
  checkLifecycle(inline, driverOf({ volumeLifecycleModes: ['Persistent', 'Ephemeral'] }))
  t.throws(() => checkLifecycle(inline, undefined), {
    message: 'volume mode "Ephemeral" not supported by driver d (only supports ["Persistent"])',
  })
  t.throws(() => checkLifecycle(persistent, driverOf({ volumeLifecycleModes: ['Ephemeral'] })), {
    message: 'volume mode "Persistent" not supported by driver d (only supports ["Ephemeral"])',
  })
  t.end()
})

t.test('work on one thing waits for what is under way on it, whether that fails or not', async (t) => {
  const turns = new InTurn()
  const done: string[] = []
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const first = turns.run('a', async () => {
    await held
    done.push('first')
    throw new Error('no')
  })
  const second = turns.run('a', async () => done.push('second'))
  await turns.run('b', async () => done.push('other'))
  release()
  await t.rejects(first, { message: 'no' })
  await second
  t.same(done, ['other', 'first', 'second'])
})
