import assert from 'node:assert/strict'
import { localPathDirectoryAnnotation, removalAnnotation } from '@tandem/api/core/v1/local-path'
import { nodes } from '@tandem/api/core/v1/node'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { selectedNodeAnnotation } from '@tandem/api/core/v1/volume-binding'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const { client, eventually, stop } = await startTestCluster({
  controllers: [
    'local-path-provisioner-controller',
    'local-path-class-controller',
    'persistentvolume-binder-controller',
    'persistentvolumeclaim-protection-controller',
    'persistentvolume-protection-controller',
    'serviceaccount-controller',
  ],
})
t.teardown(stop)
const namespace = 'default'
const node = 'n1'

const annotate = (annotations: Record<string, string>) =>
  client.patch(nodes, { name: node }, { type: 'merge', body: { metadata: { annotations } } })
const claim = (name: string) =>
  client.create(persistentVolumeClaims, {
    metadata: { name, namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
/** As the scheduler does, for a pod that uses the claim. */
const select = (name: string, nodeName: string) =>
  client.patch(
    persistentVolumeClaims,
    { namespace, name },
    { type: 'merge', body: { metadata: { annotations: { [selectedNodeAnnotation]: nodeName } } } },
  )
const bound = (name: string) =>
  eventually(async () => {
    const found = await client.get(persistentVolumeClaims, { namespace, name })
    assert.equal(found.status?.phase, 'Bound')
    return client.get(persistentVolumes, { name: found.spec.volumeName ?? '' })
  })
const removalOf = async (volume: string) =>
  (await client.get(nodes, { name: node })).metadata.annotations?.[removalAnnotation(volume)]

t.test('the class is there once a node keeps volumes', async (t) => {
  await client.create(nodes, { metadata: { name: node, labels: { 'kubernetes.io/hostname': node } }, spec: {} })
  await annotate({ [localPathDirectoryAnnotation]: '/volumes' })
  const found = await eventually(() => client.get(storageClasses, { name: 'local-path' }))
  t.match(found, {
    provisioner: 'tandem.dev/local-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  })
})

t.test('a claim gets a volume on the node of its pod, which removes it when the claim goes', async (t) => {
  const { metadata } = await claim('data')
  await select('data', node)
  const volume = await bound('data')
  const { name } = volume.metadata
  t.equal(name, `pvc-${metadata.uid}`)
  t.match(volume, { status: { phase: 'Bound' }, spec: { local: { path: `/volumes/${name}` } } })

  await client.delete(persistentVolumeClaims, { namespace, name: 'data' })
  await eventually(async () => assert.equal(await removalOf(name), 'requested'))
  t.match(await client.get(persistentVolumes, { name }), { status: { phase: 'Released' } })
  await annotate({ [removalAnnotation(name)]: 'done' })
  await eventually(() => isGone(client.get(persistentVolumes, { name })))
  await eventually(async () => assert.equal(await removalOf(name), undefined))
})

t.test('a volume deleted before its claim is removed too', async (t) => {
  await claim('reversed')
  await select('reversed', node)
  const { name } = (await bound('reversed')).metadata
  await client.delete(persistentVolumes, { name })
  await client.delete(persistentVolumeClaims, { namespace, name: 'reversed' })
  await eventually(async () => assert.equal(await removalOf(name), 'requested'))
  await annotate({ [removalAnnotation(name)]: 'done' })
  await eventually(() => isGone(client.get(persistentVolumes, { name })))
  t.ok(true)
})

t.test('what is retained stays, and nobody is asked to remove it', async (t) => {
  await claim('precious')
  await select('precious', node)
  const { name } = (await bound('precious')).metadata
  const spec = { persistentVolumeReclaimPolicy: 'Retain' }
  await client.patch(persistentVolumes, { name }, { type: 'merge', body: { spec } })
  await client.delete(persistentVolumeClaims, { namespace, name: 'precious' })
  await eventually(async () =>
    assert.partialDeepStrictEqual(await client.get(persistentVolumes, { name }), { status: { phase: 'Released' } }),
  )
  t.equal(await removalOf(name), undefined)
  await client.delete(persistentVolumes, { name })
  await eventually(() => isGone(client.get(persistentVolumes, { name })))
  t.equal(await removalOf(name), undefined)
})

t.test('a node that is gone is given back to the scheduler', async (t) => {
  await claim('elsewhere')
  await select('elsewhere', 'gone')
  await eventually(async () => {
    const { metadata } = await client.get(persistentVolumeClaims, { namespace, name: 'elsewhere' })
    assert.ok(metadata.annotations?.['volume.kubernetes.io/storage-provisioner'])
    assert.equal(metadata.annotations[selectedNodeAnnotation], undefined)
  })
  t.ok(true)
})
