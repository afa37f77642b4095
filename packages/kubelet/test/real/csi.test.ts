import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { secrets } from '@tandem/api/core/v1/secret'
import type { PersistentVolumeSpec, Pod, Volume } from '@tandem/api/core/v1/types'
import { csiDrivers } from '@tandem/api/storage/v1/csidriver'
import { csiNodes } from '@tandem/api/storage/v1/csinode'
import type { CSIDriverSpec } from '@tandem/api/storage/v1/types'
import { volumeAttachmentName } from '@tandem/api/storage/v1/volume-attachment-name'
import { volumeAttachments } from '@tandem/api/storage/v1/volumeattachment'
import t from 'tap'
import { mountPoints } from '../../src/volumes/mounts.ts'
import { createBoundClaim } from './claims.ts'
import { startDriver } from './csi-driver.ts'
import { isReady, startHarness } from './harness.ts'

const run = promisify(execFile)
const harness = await startHarness()
const { client, nodeName } = harness
const { rootDir } = harness.options
const disk = join(dirname(rootDir), 'disk')
const driverAt = (name: string, more: Partial<Parameters<typeof startDriver>[0]> = {}) =>
  startDriver({ name, registry: join(rootDir, 'plugins_registry'), disk, capabilities: ['stageUnstage'], ...more })
const driver = await driverAt('full.example.com', { maxVolumesPerNode: 7 })
const simple = await driverAt('simple.example.com', { capabilities: [] })
t.teardown(async () => {
  await harness.stop()
  await driver.stop()
  await simple.stop()
})

const eventually = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (const deadline = Date.now() + 20_000; ; ) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error('it took longer than 20 s')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const describe = (name: string, spec: CSIDriverSpec) => client.create(csiDrivers, { metadata: { name }, spec })
const pv = (csi: PersistentVolumeSpec['csi']): PersistentVolumeSpec => ({ ...(csi && { csi }) })
const createPod = (name: string, source: Omit<Volume, 'name'>, spec: Partial<Pod['spec']> = {}) =>
  harness.createPod(name, {
    volumes: [{ name: 'data', ...source }],
    containers: [
      {
        name: 'main',
        image: harness.image,
        command: ['sh', '-c', 'trap exit TERM; while :; do sleep 1 & wait; done'],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    ...spec,
  })
const claimed = (claimName: string) => ({ persistentVolumeClaim: { claimName } })
const sh = async (name: string, script: string): Promise<string> => {
  const { status } = await harness.pod(name)
  const id = status?.containerStatuses?.[0]?.containerID?.slice('docker://'.length) ?? ''
  return (await run('docker', ['exec', id, 'sh', '-c', script])).stdout
}
/** Not by force: the object goes when the volumes are away. */
const end = async (name: string) => {
  await client.delete(pods, { namespace: 'default', name })
  await harness.waitForGone(name)
}
const called = ({ calls }: typeof driver) =>
  calls.map(({ method }) => method).filter((method) => /Volume$/.test(method))
const failure = (name: string, part: string) =>
  eventually(async () => (await harness.eventsOf(name)).find(({ message }) => message.includes(part))?.message)

t.test('a driver that registers is told of by the node', async (t) => {
  t.same(await driver.registered, { pluginRegistered: true, error: '' })
  await simple.registered
  const { spec, metadata } = await client.get(csiNodes, { name: nodeName })
  t.match(
    spec.drivers.find(({ name }) => name === 'full.example.com'),
    { nodeID: 'disk-1', topologyKeys: ['topology.full.example.com/disk'], allocatable: { count: 7 } },
  )
  t.match(metadata.ownerReferences, [{ kind: 'Node', name: nodeName }])
  const node = await client.get(nodes, { name: nodeName })
  t.equal(node.metadata.labels?.['topology.full.example.com/disk'], 'one')
  t.same(JSON.parse(node.metadata.annotations?.['csi.volume.kubernetes.io/nodeid'] ?? ''), {
    'full.example.com': 'disk-1',
    'simple.example.com': 'disk-1',
  })
})

t.test('a volume is staged once, published for each pod, and taken away in reverse', async (t) => {
  await describe('full.example.com', { attachRequired: false, podInfoOnMount: true, fsGroupPolicy: 'File' })
  await client.create(secrets, {
    metadata: { name: 'key', namespace: 'default' },
    data: { password: Buffer.from('sesame').toString('base64') },
  })
  await createBoundClaim(client, {
    name: 'shared',
    spec: pv({
      driver: 'full.example.com',
      volumeHandle: 'vol-1',
      fsType: 'ext4',
      volumeAttributes: { colour: 'green' },
      nodeStageSecretRef: { name: 'key', namespace: 'default' },
    }),
  })
  await createPod('one', claimed('shared'), { securityContext: { fsGroup: 4000, runAsUser: 1000 } })
  await harness.waitFor('one', isReady)
  await sh('one', 'echo mine > /data/file')
  t.equal((await stat(join(disk, 'vol-1'))).gid, 4000)
  const context = JSON.parse(await sh('one', 'cat /data/context.json'))
  t.match(context, {
    colour: 'green',
    'csi.storage.k8s.io/pod.name': 'one',
    'csi.storage.k8s.io/pod.namespace': 'default',
    'csi.storage.k8s.io/ephemeral': 'false',
  })
  const [staged] = driver.calls.filter(({ method }) => method === 'NodeStageVolume')
  t.match(staged?.request, {
    volumeId: 'vol-1',
    secrets: { password: 'sesame' },
    volumeCapability: { mount: { fsType: 'ext4' }, accessMode: { mode: 1 } },
  })
  await createPod('two', claimed('shared'))
  await harness.waitFor('two', isReady)
  t.equal(await sh('two', 'cat /data/file'), 'mine\n')
  await harness.restartKubelet()
  await end('one')
  t.same(
    called(driver).filter((method) => method === 'NodeUnstageVolume'),
    [],
    'the other pod has it',
  )
  await end('two')
  t.same(called(driver).slice(-2), ['NodeUnpublishVolume', 'NodeUnstageVolume'])
  t.same(
    (await mountPoints()).filter((point) => point.startsWith(rootDir)),
    [],
    'nothing is left mounted',
  )
  t.equal(await readFile(join(disk, 'vol-1', 'file'), 'utf8'), 'mine\n')
})

t.test('a volume of the pod’s own, with tokens of its account', async (t) => {
  await describe('simple.example.com', {
    attachRequired: false,
    podInfoOnMount: true,
    volumeLifecycleModes: ['Ephemeral'],
    tokenRequests: [{ audience: 'vault' }],
  })
  await createPod('inline', { csi: { driver: 'simple.example.com', volumeAttributes: { size: '1' } } })
  await harness.waitFor('inline', isReady)
  const context = JSON.parse(await sh('inline', 'cat /data/context.json'))
  t.match(context, { size: '1', 'csi.storage.k8s.io/ephemeral': 'true' })
  const tokens = JSON.parse(context['csi.storage.k8s.io/serviceAccount.tokens'])
  t.match(tokens.vault, { token: /^ey/, expirationTimestamp: /^\d{4}-.*Z$/ })
  await end('inline')
  t.same(called(simple), ['NodePublishVolume', 'NodeUnpublishVolume'])

  await createBoundClaim(client, { name: 'wrong', spec: pv({ driver: 'simple.example.com', volumeHandle: 'v' }) })
  await createPod('wrong', claimed('wrong'))
  t.match(
    await failure('wrong', 'not supported'),
    'volume mode "Persistent" not supported by driver simple.example.com (only supports ["Ephemeral"])',
  )
  await end('wrong')
})

t.test('a volume that must be attached is waited for, and said to be in use', async (t) => {
  const attaching = await driverAt('attaching.example.com')
  t.teardown(() => attaching.stop())
  await attaching.registered
  await createBoundClaim(client, { name: 'far', spec: pv({ driver: 'attaching.example.com', volumeHandle: 'far-1' }) })
  await createPod('far', claimed('far'))
  const inUse = async () => (await client.get(nodes, { name: nodeName })).status?.volumesInUse ?? []
  await eventually(async () => ((await inUse()).length > 0 ? true : undefined))
  t.same(await inUse(), ['kubernetes.io/csi/attaching.example.com^far-1'])
  t.same(called(attaching), [])
  const name = volumeAttachmentName('far-1', 'attaching.example.com', nodeName)
  const attachment = await client.create(volumeAttachments, {
    metadata: { name },
    spec: { attacher: 'attaching.example.com', nodeName, source: { persistentVolumeName: 'pv-far' } },
  })
  const status = { attached: true, attachmentMetadata: { lun: '5' } }
  await client.update(volumeAttachments, { ...attachment, status }, { subresource: 'status' })
  await harness.waitFor('far', isReady, 30_000)
  t.match(attaching.calls.find(({ method }) => method === 'NodePublishVolume')?.request, {
    publishContext: { lun: '5' },
  })
  await end('far')
  await eventually(async () => ((await inUse()).length === 0 ? true : undefined))
})

t.test('what fails is told and tried again', async (t) => {
  await createPod('nobody', { csi: { driver: 'nobody.example.com' } })
  t.match(
    await failure('nobody', 'nobody'),
    'MountVolume.SetUp failed for volume "data" : driver name nobody.example.com not found in the list of registered CSI drivers',
  )
  await end('nobody')
  await createBoundClaim(client, { name: 'stubborn', spec: pv({ driver: 'full.example.com', volumeHandle: 'vol-2' }) })
  driver.refuse('NodePublishVolume')
  await createPod('stubborn', claimed('stubborn'))
  t.match(
    await failure('stubborn', 'refused'),
    'MountVolume.SetUp failed for volume "pv-stubborn" : rpc error: code = Internal desc = NodePublishVolume is refused',
  )
  driver.refuse(undefined)
  await harness.waitFor('stubborn', isReady, 30_000)
  driver.refuse('NodeUnpublishVolume')
  await client.delete(pods, { namespace: 'default', name: 'stubborn' })
  const refusals = () => driver.calls.filter(({ method }) => method === 'NodeUnpublishVolume').length
  const before = refusals()
  await eventually(async () => (refusals() > before ? true : undefined))
  t.ok(await harness.pod('stubborn').catch(() => undefined), 'a pod stays while its volume cannot be taken away')
  driver.refuse(undefined)
  await harness.waitForGone('stubborn', 30_000)
})

t.test('a driver that goes is told of no more', async (t) => {
  await simple.stop()
  await eventually(async () => {
    const found = await client.get(csiNodes, { name: nodeName })
    return found.spec.drivers.some(({ name }) => name === 'simple.example.com') ? undefined : true
  })
  const staging = join(rootDir, 'plugins', 'kubernetes.io', 'csi')
  await mkdir(staging, { recursive: true })
  for (const name of await readdir(staging)) t.same(await readdir(join(staging, name)), [], name)
})
