import assert from 'node:assert/strict'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import t from 'tap'
import { isGone, startTestCluster } from './cluster.ts'

const cluster = await startTestCluster({
  controllers: [
    'persistentvolume-binder-controller',
    'persistentvolumeclaim-protection-controller',
    'persistentvolume-protection-controller',
    'ephemeral-volume-controller',
    'garbage-collector-controller',
    'serviceaccount-controller',
  ],
})
t.teardown(() => cluster.stop())
const { client, eventually } = cluster
const namespace = 'default'

const volume = (name: string, spec: object = {}) =>
  client.create(persistentVolumes, {
    metadata: { name },
    spec: {
      capacity: { storage: '2Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `/${name}` },
      ...spec,
    },
  })
const claimSpec = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } }
const claim = (name: string, spec: object = {}) =>
  client.create(persistentVolumeClaims, { metadata: { name, namespace }, spec: { ...claimSpec, ...spec } })
const claimIs = (name: string, expected: object) =>
  eventually(async () => {
    const found = await client.get(persistentVolumeClaims, { namespace, name })
    assert.partialDeepStrictEqual(found, expected)
    return found
  })
const volumeIs = (name: string, expected: object) =>
  eventually(async () => assert.partialDeepStrictEqual(await client.get(persistentVolumes, { name }), expected))

t.test('a claim waits for a volume, is bound to it, and releases it', async (t) => {
  await claim('data', { storageClassName: '' })
  await claimIs('data', { status: { phase: 'Pending' } })
  await volume('one')
  const { metadata } = await claimIs('data', {
    spec: { volumeName: 'one' },
    status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
  })
  await volumeIs('one', { spec: { claimRef: { name: 'data', uid: metadata.uid } }, status: { phase: 'Bound' } })
  await client.delete(persistentVolumes, { name: 'one' })
  await claimIs('data', { status: { phase: 'Bound' } })
  await client.delete(persistentVolumeClaims, { namespace, name: 'data' })
  await eventually(() => isGone(client.get(persistentVolumeClaims, { namespace, name: 'data' })))
  await eventually(() => isGone(client.get(persistentVolumes, { name: 'one' })))
  t.ok(true)
})

t.test('what is retained says that it was released; what nobody can delete says so', async (t) => {
  for (const policy of ['Retain', 'Delete']) {
    const name = policy.toLowerCase()
    await volume(name, { persistentVolumeReclaimPolicy: policy, claimRef: { namespace, name } })
    await claim(name, { storageClassName: '' })
    await claimIs(name, { spec: { volumeName: name }, status: { phase: 'Bound' } })
    await client.delete(persistentVolumeClaims, { namespace, name })
  }
  await volumeIs('retain', { status: { phase: 'Released' } })
  await volumeIs('delete', { status: { phase: 'Failed' } })
  t.ok(true)
})

t.test('a class names who is to make the volume', async (t) => {
  await client.create(storageClasses, { metadata: { name: 'fast' }, provisioner: 'example.com/fast' })
  await claim('made', { storageClassName: 'fast' })
  await claimIs('made', {
    metadata: { annotations: { 'volume.kubernetes.io/storage-provisioner': 'example.com/fast' } },
    status: { phase: 'Pending' },
  })
  await client.create(storageClasses, {
    metadata: { name: 'main', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/main',
  })
  await client.create(persistentVolumeClaims, { metadata: { name: 'late', namespace }, spec: claimSpec })
  await claimIs('late', { spec: { storageClassName: 'main' } })
  t.ok(true)
})

t.test('a claim that a pod uses stays until it is gone', async (t) => {
  await claim('used', { storageClassName: '' })
  await client.create(pods, {
    metadata: { name: 'user', namespace },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }],
    },
  })
  await client.delete(persistentVolumeClaims, { namespace, name: 'used' })
  await claimIs('used', { metadata: { finalizers: ['kubernetes.io/pvc-protection'] } })
  await client.delete(pods, { namespace, name: 'user' }, { gracePeriodSeconds: 0 })
  await eventually(() => isGone(client.get(persistentVolumeClaims, { namespace, name: 'used' })))
  t.ok(true)
})

t.test('an ephemeral volume has a claim of its pod’s own', async (t) => {
  await client.create(pods, {
    metadata: { name: 'scratch', namespace },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      volumes: [
        {
          name: 'tmp',
          ephemeral: {
            volumeClaimTemplate: {
              metadata: { labels: { a: 'b' } } as never,
              spec: { ...claimSpec, storageClassName: '' },
            },
          },
        },
      ],
    },
  })
  const { metadata } = await claimIs('scratch-tmp', { metadata: { labels: { a: 'b' } } })
  t.match(metadata.ownerReferences, [{ kind: 'Pod', name: 'scratch', controller: true }])
  await client.delete(pods, { namespace, name: 'scratch' }, { gracePeriodSeconds: 0 })
  await eventually(() => isGone(client.get(persistentVolumeClaims, { namespace, name: 'scratch-tmp' })))
})
