import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { isReady, startHarness } from './harness.ts'

const manifests = await mkdtemp(join(tmpdir(), 'manifests-'))
t.teardown(() => rm(manifests, { recursive: true, force: true }))
const harness = await startHarness({ podManifestPath: manifests, fileCheckFrequency: 1000 })
t.teardown(async () => {
  await rm(join(manifests, 'web.yaml'), { force: true })
  await harness.stop()
})

const mirrorName = `web-${harness.nodeName}`
const write = async (word: string) => {
  const script = `trap exit TERM; while :; do echo ${word}; sleep 0.2; done`
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: {
      terminationGracePeriodSeconds: 2,
      containers: [{ name: 'main', image: harness.image, command: ['sh', '-c', script] }],
    },
  }
  await writeFile(join(manifests, '.web'), JSON.stringify(pod))
  await rename(join(manifests, '.web'), join(manifests, 'web.yaml'))
}
const running = async () =>
  (await harness.containers()).filter(
    ({ Labels, State }) => Labels['io.kubernetes.container.name'] === 'main' && State === 'running',
  )
/** Between the end of one mirror and the start of the next there is none. */
async function mirror(condition: (pod: Pod) => boolean = isReady): Promise<Pod> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const found = await harness.pod(mirrorName).catch(() => undefined)
    if (found && condition(found)) return found
    if (Date.now() > deadline) throw new Error(`no such mirror:\n${JSON.stringify(found?.status, undefined, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

t.test('a manifest becomes a running pod, with a mirror that tells of it', async (t) => {
  await write('one')
  const pod = await mirror()
  t.match(pod, {
    metadata: {
      annotations: {
        'kubernetes.io/config.source': 'file',
        'kubernetes.io/config.mirror': pod.metadata.annotations?.['kubernetes.io/config.hash'] ?? 'none',
      },
      ownerReferences: [{ kind: 'Node', name: harness.nodeName, controller: true }],
    },
    status: { phase: 'Running', containerStatuses: [{ ready: true }] },
  })
  t.not(pod.metadata.uid, pod.metadata.annotations?.['kubernetes.io/config.hash'], 'they are two pods')
})

t.test('a mirror that is deleted is made again, and what runs runs on', async (t) => {
  const [before, containers] = [await mirror(), await running()]
  await harness.client.delete(pods, { namespace: 'default', name: mirrorName }, { gracePeriodSeconds: 0 })
  const after = await mirror(
    ({ metadata, status }) => metadata.uid !== before.metadata.uid && status?.phase === 'Running',
  )
  t.equal(after.status?.containerStatuses?.[0]?.restartCount, 0)
  await harness.client.delete(pods, { namespace: 'default', name: mirrorName }, { gracePeriodSeconds: 30 })
  await mirror(({ metadata, status }) => metadata.uid !== after.metadata.uid && status?.phase === 'Running')
  t.same(
    (await running()).map(({ Id }) => Id),
    containers.map(({ Id }) => Id),
  )
})

t.test('a kubelet that starts again takes up what runs', async (t) => {
  const containers = (await running()).map(({ Id }) => Id)
  const { uid } = (await mirror()).metadata
  await harness.restartKubelet()
  t.equal((await mirror()).metadata.uid, uid)
  t.same(
    (await running()).map(({ Id }) => Id),
    containers,
  )
})

t.test('a manifest that is changed replaces the pod', async (t) => {
  const [old] = await running()
  const before = await mirror()
  await write('two')
  const after = await mirror((pod) => pod.metadata.uid !== before.metadata.uid && isReady(pod))
  t.not(
    after.metadata.annotations?.['kubernetes.io/config.hash'],
    before.metadata.annotations?.['kubernetes.io/config.hash'],
  )
  const [now, ...others] = await running()
  t.not(now?.Id, old?.Id)
  t.same(others, [])
})

t.test('a manifest that is no pod any more ends the pod, and its mirror goes', async (t) => {
  await writeFile(join(manifests, 'web.yaml'), 'kind: Nothing')
  await harness.waitForGone(mirrorName, 20_000)
  t.same(await running(), [])
})

t.test('a mirror whose manifest went while nobody looked goes too', async (t) => {
  await write('three')
  await mirror()
  await harness.kubelet.stop()
  await rm(join(manifests, 'web.yaml'))
  await harness.restartKubelet()
  await harness.waitForGone(mirrorName, 20_000)
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline && (await running()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  t.same(await running(), [])
})
