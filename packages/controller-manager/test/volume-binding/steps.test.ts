import type { PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import t from 'tap'
import { boundClaim, boundVolume } from '../../src/volume-binding/bind.ts'
import { claimStep } from '../../src/volume-binding/claim-step.ts'
import { reclaimFailure, unbound, volumeStep } from '../../src/volume-binding/volume-step.ts'

const completed = { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }
const claim = (spec: object = {}, metadata: object = {}): PersistentVolumeClaim =>
  ({
    metadata: { name: 'c', namespace: 'ns', uid: 'c1', ...metadata },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
  }) as unknown as PersistentVolumeClaim
const volume = (name: string, spec: object = {}, metadata: object = {}, phase = 'Available'): PersistentVolume =>
  ({
    metadata: { name, ...metadata },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
    status: { phase },
  }) as unknown as PersistentVolume
const ref = (uid = 'c1') => ({ claimRef: { namespace: 'ns', name: 'c', uid } })
const storageClass = (name: string, more: object = {}): StorageClass =>
  ({
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
    provisioner: 'p',
    ...more,
  }) as unknown as StorageClass
const late = storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer' })
const byDefault = storageClass('default', {
  metadata: { name: 'default', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
})

const rows = [
  {
    name: 'the smallest that fits',
    claim: claim(),
    volumes: [volume('big', { capacity: { storage: '9Gi' } }), volume('small')],
    expected: 'bind small',
  },
  {
    name: 'none fits',
    claim: claim(),
    volumes: [volume('tiny', { capacity: { storage: '1Mi' } })],
    expected: 'wait FailedBinding',
  },
  {
    name: 'one that is kept for it',
    claim: claim(),
    volumes: [volume('any'), volume('kept', ref(''))],
    expected: 'bind kept',
  },
  {
    name: 'one that is kept for another',
    claim: claim(),
    volumes: [volume('kept', { claimRef: { namespace: 'ns', name: 'x' } })],
    expected: 'wait FailedBinding',
  },
  {
    name: 'a class to provision',
    claim: claim({ storageClassName: 'fast' }),
    classes: [storageClass('fast')],
    expected: 'provision',
  },
  {
    name: 'a class that is not there',
    claim: claim({ storageClassName: 'fast' }),
    expected: 'wait ProvisioningFailed',
  },
  {
    name: 'a class that waits for a pod',
    claim: claim({ storageClassName: 'late' }),
    classes: [late],
    expected: 'wait WaitForFirstConsumer',
  },
  {
    name: 'the pod is there',
    claim: claim({ storageClassName: 'late' }),
    classes: [late],
    waitingPods: ['p'],
    expected: 'wait WaitForPodScheduled',
  },
  {
    name: 'the pod has a node',
    claim: claim({ storageClassName: 'late' }, { annotations: { 'volume.kubernetes.io/selected-node': 'n' } }),
    classes: [late],
    expected: 'provision',
  },
  {
    name: 'a default class came later',
    claim: claim({ storageClassName: undefined }),
    classes: [byDefault],
    expected: 'assign-class',
  },
  { name: 'it names its volume', claim: claim({ volumeName: 'v' }), volumes: [volume('v')], expected: 'bind v' },
  { name: 'its volume is not there yet', claim: claim({ volumeName: 'v' }), expected: 'wait' },
  {
    name: 'its volume is too small',
    claim: claim({ volumeName: 'v' }),
    volumes: [volume('v', { capacity: { storage: '1Mi' } })],
    expected: 'wait VolumeMismatch',
  },
  {
    name: 'its volume is another’s',
    claim: claim({ volumeName: 'v' }),
    volumes: [volume('v', ref('other'))],
    expected: 'wait FailedBinding',
  },
  {
    name: 'bound, again',
    claim: claim({ volumeName: 'v' }, completed),
    volumes: [volume('v', ref())],
    expected: 'bind v',
  },
  { name: 'its volume is gone', claim: claim({ volumeName: 'v' }, completed), expected: 'lost ClaimLost' },
  {
    name: 'two for one',
    claim: claim({ volumeName: 'v' }, completed),
    volumes: [volume('v', ref('other'))],
    expected: 'lost ClaimMisbound',
  },
]
for (const { name, claim, volumes = [], classes = [], waitingPods = [], expected } of rows)
  t.test(`claim: ${name}`, async (t) => {
    const step = claimStep({ claim, volumes, classes, waitingPods })
    const detail = 'volume' in step ? step.volume.metadata.name : 'event' in step ? step.event?.reason : undefined
    t.equal([step.do, detail].filter(Boolean).join(' '), expected)
  })

const provisioned = { annotations: { 'pv.kubernetes.io/provisioned-by': 'p' } }
const volumes = [
  { name: 'free', volume: volume('v'), claim: undefined, expected: 'phase Available' },
  { name: 'kept by hand', volume: volume('v', ref('')), claim: claim(), expected: 'phase Available' },
  { name: 'its claim is gone', volume: volume('v', ref()), claim: undefined, expected: 'release' },
  { name: 'its claim does not know yet', volume: volume('v', ref()), claim: claim(), expected: 'sync-claim' },
  {
    name: 'it cannot be',
    volume: volume('v', { ...ref(), volumeMode: 'Block' }),
    claim: claim(),
    expected: 'mismatch',
  },
  { name: 'all is well', volume: volume('v', ref()), claim: claim({ volumeName: 'v' }), expected: 'phase Bound' },
  { name: 'its claim has another', volume: volume('v', ref()), claim: claim({ volumeName: 'w' }), expected: 'unbind' },
  {
    name: 'and it was made for it',
    volume: volume('v', { ...ref(), persistentVolumeReclaimPolicy: 'Delete' }, provisioned),
    claim: claim({ volumeName: 'w' }),
    expected: 'release',
  },
]
for (const { name, volume, claim, expected } of volumes)
  t.test(`volume: ${name}`, async (t) => {
    const step = volumeStep(volume, claim)
    t.equal(step.do === 'phase' ? `phase ${step.phase}` : step.do, expected)
  })

t.test('binding, and what is undone of it', async (t) => {
  const bound = boundVolume(volume('v'), claim())
  t.match(bound, { metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } }, spec: ref() })
  t.equal(boundVolume(bound, claim()), bound)
  t.equal(unbound(bound).spec.claimRef, undefined)
  const kept = boundVolume(volume('v', ref('')), claim())
  t.equal(kept.metadata.annotations, undefined)
  t.same(unbound(kept).spec.claimRef, { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: 'ns', name: 'c' })
  const named = boundClaim(claim(), volume('v'))
  t.match(named, {
    metadata: {
      annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes', 'pv.kubernetes.io/bind-completed': 'yes' },
    },
    spec: { volumeName: 'v' },
  })
  t.equal(boundClaim(named, volume('v')), named)
})

const policies = [
  { policy: 'Retain', expected: undefined },
  { policy: 'Recycle', expected: 'VolumeFailedRecycle' },
  { policy: 'Delete', expected: 'VolumeFailedDelete' },
  { policy: 'Delete', metadata: provisioned, expected: undefined },
]
for (const { policy, metadata, expected } of policies)
  t.test(`released with ${policy}${metadata ? ', provisioned' : ''}`, async (t) =>
    t.equal(reclaimFailure(volume('v', { persistentVolumeReclaimPolicy: policy }, metadata))?.reason, expected),
  )
