import { execFile } from 'node:child_process'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod, Volume } from '@tandem/api/core/v1/types'
import t from 'tap'
import { bindClaim, createBoundClaim, onNode } from './claims.ts'
import { isReady, startHarness } from './harness.ts'

const run = promisify(execFile)
const harness = await startHarness()
t.teardown(() => harness.stop())
const { client, nodeName } = harness
const disk = join(dirname(harness.options.rootDir), 'disk')

const sh = async (name: string, script: string): Promise<string> => {
  const { status } = await harness.pod(name)
  const id = status?.containerStatuses?.[0]?.containerID?.slice('docker://'.length) ?? ''
  return (await run('docker', ['exec', id, 'sh', '-c', script])).stdout
}
const waits = 'trap exit TERM; while :; do sleep 1 & wait; done'
const createPod = (name: string, volumes: Volume[], spec: Partial<Pod['spec']> = {}) =>
  harness.createPod(name, {
    volumes,
    containers: [
      {
        name: 'main',
        image: harness.image,
        command: ['sh', '-c', waits],
        volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: `/${volume.name}` })),
      },
    ],
    ...spec,
  })
const end = async (name: string) => {
  await client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 })
  await harness.waitForGone(name)
}
const claimed = (name: string, claimName: string, readOnly = false): Volume => ({
  name,
  persistentVolumeClaim: { claimName, readOnly },
})
const mountsFailing = async (name: string): Promise<string[]> =>
  (await harness.eventsOf(name)).filter(({ reason }) => reason === 'FailedMount').map(({ message }) => message)
const failure = async (name: string, part: string): Promise<string | undefined> => {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    const found = (await mountsFailing(name)).find((message) => message.includes(part))
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return undefined
}

t.test('directories of the node are volumes, and outlive the pods that have them', async (t) => {
  for (const name of ['host', 'local']) await mkdir(join(disk, name), { recursive: true })
  await writeFile(join(disk, 'local', 'before'), 'old', { mode: 0o600 })
  await createBoundClaim(client, { name: 'host', spec: { hostPath: { path: join(disk, 'host') } } })
  const nodeAffinity = onNode(nodeName)
  await createBoundClaim(client, { name: 'local', spec: { local: { path: join(disk, 'local') }, nodeAffinity } })
  const securityContext = { fsGroup: 3000, runAsUser: 1000, runAsGroup: 1000 }
  await createPod('writer', [claimed('local', 'local')], { securityContext })
  await harness.waitFor('writer', isReady)
  await sh('writer', 'echo kept > /local/file && cat /local/before')
  t.equal((await stat(join(disk, 'local', 'before'))).gid, 3000, 'what was there is the group’s')
  await createPod('reader', [claimed('local', 'local', true), claimed('host', 'host')])
  await harness.waitFor('reader', isReady)
  t.equal(await sh('reader', 'cat /local/file'), 'kept\n', 'two pods of one node share it')
  await t.rejects(sh('reader', 'echo no > /local/file'), /Read-only file system/)
  await sh('reader', 'echo here > /host/file')
  await harness.restartKubelet()
  await end('writer')
  await end('reader')
  t.equal(await readFile(join(disk, 'local', 'file'), 'utf8'), 'kept\n')
  t.equal(await readFile(join(disk, 'host', 'file'), 'utf8'), 'here\n')
})

t.test('a provisioned volume is made when the first pod comes', async (t) => {
  const volumeName = 'pvc-3f2504e0-4f89-41d3-9a0c-0305e82c3301'
  const path = join(harness.options.rootDir, 'local-path', volumeName)
  await createBoundClaim(client, {
    name: 'made',
    volumeName,
    spec: { local: { path }, nodeAffinity: onNode(nodeName) },
  })
  await createPod('user', [claimed('made', 'made')], { securityContext: { runAsUser: 1000 } })
  await harness.waitFor('user', isReady)
  await sh('user', 'echo mine > /made/file')
  await end('user')
  t.equal(await readFile(join(path, 'file'), 'utf8'), 'mine\n')
})

t.test('a pod waits for a claim that is not bound, and says so', async (t) => {
  const metadata = { name: 'late', namespace: 'default' }
  const spec = {
    accessModes: ['ReadWriteOnce' as const],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: '',
  }
  const claim = await client.create(persistentVolumeClaims, { metadata, spec })
  await createPod('waiting', [claimed('late', 'late')])
  t.equal(
    await failure('waiting', 'late'),
    'Unable to attach or mount volumes: unmounted volumes=[late], unattached volumes=[], failed to process volumes=[late]: error processing PVC default/late: PVC is not bound',
  )
  await bindClaim(client, claim, { volumeName: 'pv-late', spec: { hostPath: { path: join(disk, 'host') } } })
  await harness.waitFor('waiting', isReady, 30_000)
  await end('waiting')
})

t.test('volumes that are not the pod’s to have', async (t) => {
  await createBoundClaim(client, {
    name: 'far',
    spec: { local: { path: join(disk, 'local') }, nodeAffinity: onNode('elsewhere') },
  })
  await createBoundClaim(client, {
    name: 'none',
    spec: { local: { path: join(disk, 'none') }, nodeAffinity: onNode(nodeName) },
  })
  await createBoundClaim(client, { name: 'foreign-own', spec: { hostPath: { path: join(disk, 'host') } } })
  await createPod('far', [claimed('far', 'far')])
  await createPod('none', [claimed('none', 'none')])
  const claim = { spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } } }
  await createPod('foreign', [{ name: 'own', ephemeral: { volumeClaimTemplate: claim } }])
  t.equal(
    await failure('far', 'pv-far'),
    'MountVolume.NodeAffinity check failed for volume "pv-far" : no matching NodeSelectorTerms',
  )
  t.equal(
    await failure('none', 'pv-none'),
    `MountVolume.SetUp failed for volume "pv-none" : path "${join(disk, 'none')}" does not exist`,
  )
  t.match(
    await failure('foreign', 'foreign-own'),
    'PVC default/foreign-own was not created for pod default/foreign (pod is not owner)',
  )
  for (const name of ['far', 'none', 'foreign']) await end(name)
})

t.test('a claim for one pod is for one pod', async (t) => {
  await createBoundClaim(client, {
    name: 'sole',
    spec: { hostPath: { path: join(disk, 'host') } },
    accessModes: ['ReadWriteOncePod'],
  })
  await createPod('first', [claimed('sole', 'sole')])
  await harness.waitFor('first', isReady)
  await createPod('second', [claimed('sole', 'sole')])
  t.match(
    await failure('second', 'sole'),
    'volume uses the ReadWriteOncePod access mode and is already in use by another pod',
  )
  await end('first')
  await harness.waitFor('second', isReady, 30_000)
  await end('second')
})
