import assert from 'node:assert/strict'
import { nodes } from '@tandem/api/core/v1/node'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { volumeAttachmentName } from '@tandem/api/storage/v1/volume-attachment-name'
import { volumeAttachments } from '@tandem/api/storage/v1/volumeattachment'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const { client, eventually, stop } = await startTestCluster({
  controllers: [
    'persistentvolume-attach-detach-controller',
    'persistentvolume-binder-controller',
    'serviceaccount-controller',
  ],
})
t.teardown(stop)
const namespace = 'default'

t.test('a volume follows the pods that use it', async (t) => {
  for (const name of ['a', 'b']) await client.create(nodes, { metadata: { name }, spec: {} })
  const accessModes = ['ReadWriteOnce' as const]
  await client.create(persistentVolumes, {
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes,
      persistentVolumeReclaimPolicy: 'Retain',
      csi: { driver: 'example.com', volumeHandle: 'h' },
    },
  })
  await client.create(persistentVolumeClaims, {
    metadata: { name: 'disk', namespace },
    spec: { accessModes, storageClassName: '', resources: { requests: { storage: '1Gi' } } },
  })
  const pod = (name: string, nodeName: string) =>
    client.create(pods, {
      metadata: { name, namespace },
      spec: {
        nodeName,
        containers: [{ name: 'c', image: 'i' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'disk' } }],
      },
    })
  const attachmentTo = (node: string) =>
    client.get(volumeAttachments, { name: volumeAttachmentName('h', 'example.com', node) })
  const attachedAt = async (node: string) =>
    ((await client.get(nodes, { name: node })).status?.volumesAttached ?? []).map(({ name }) => name)
  const eventsOf = async (name: string) => {
    const { items } = await client.request<{ items: { involvedObject: { name: string }; message: string }[] }>({
      path: '/api/v1/namespaces/default/events',
    })
    return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ message }) => message)
  }

  await pod('one', 'a')
  const attachment = await eventually(() => attachmentTo('a'))
  t.match(attachment.spec, { attacher: 'example.com', nodeName: 'a', source: { persistentVolumeName: 'disk' } })
  await client.update(volumeAttachments, { ...attachment, status: { attached: true } }, { subresource: 'status' })
  await eventually(async () => assert.deepEqual(await attachedAt('a'), ['kubernetes.io/csi/example.com^h']))
  await eventually(async () =>
    assert.ok((await eventsOf('one')).includes('AttachVolume.Attach succeeded for volume "disk" ')),
  )

  await pod('two', 'b')
  await eventually(async () =>
    assert.deepEqual(await eventsOf('two'), [
      'Multi-Attach error for volume "disk" Volume is already used by pod(s) one',
    ]),
  )
  await client.delete(pods, { namespace, name: 'one' }, { gracePeriodSeconds: 0 })
  await eventually(() => isGone(attachmentTo('a')))
  await eventually(async () => assert.deepEqual(await attachedAt('a'), []))
  await eventually(() => attachmentTo('b'))
  await client.delete(pods, { namespace, name: 'two' }, { gracePeriodSeconds: 0 })
  await eventually(() => isGone(attachmentTo('b')))
})
