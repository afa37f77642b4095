import type { PersistentVolume, PersistentVolumeClaim, Volume } from '@tandem/api/core/v1/types'
import { notFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import t from 'tap'
import { ClaimedVolumes } from '../../src/volumes/claimed-volumes.ts'
import { container, podOf } from '../fixtures.ts'

const created = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const claimOf = (more: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  metadata: { name: 'data', namespace: 'default', uid: 'c1', ...created },
  spec: { volumeName: 'pv' },
  status: { phase: 'Bound' },
  ...more,
})
const volumeOf = (spec: PersistentVolume['spec'] = {}): PersistentVolume => ({
  metadata: { name: 'pv', uid: 'v1', ...created },
  spec: { claimRef: { namespace: 'default', name: 'data', uid: 'c1' }, ...spec },
})

const reader = (objects: { claim?: PersistentVolumeClaim; volume?: PersistentVolume }): Pick<Client, 'get'> => ({
  async get(resource, { name }) {
    const found = resource.plural === 'persistentvolumes' ? objects.volume : objects.claim
    if (!found) throw notFound({ group: resource.group, resource: resource.plural }, name)
    return found as never
  },
})

const clock = { sleep: async () => {} }
const claimed: Volume = { name: 'data', persistentVolumeClaim: { claimName: 'data' } }
const ephemeral: Volume = { name: 'data', ephemeral: {} }
const deleted = '2026-01-02T00:00:00Z'
const meta = claimOf().metadata

const refused = [
  {
    name: 'a claim that is not there',
    message:
      'error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
  },
  {
    name: 'a claim that is not bound',
    claim: claimOf({ status: { phase: 'Pending' } }),
    message: 'error processing PVC default/data: PVC is not bound',
  },
  {
    name: 'a bound claim that names no volume',
    claim: claimOf({ spec: {} }),
    message: 'error processing PVC default/data: PVC has empty pvc.Spec.VolumeName',
  },
  {
    name: 'a claim that is being deleted and was in nobody’s use',
    claim: claimOf({ metadata: { ...meta, deletionTimestamp: deleted } }),
    message: 'error processing PVC default/data: PVC is being deleted',
  },
  {
    name: 'a claim whose volume is gone',
    claim: claimOf(),
    message:
      'error processing PVC default/data: failed to fetch PV pv from API server: persistentvolumes "pv" not found',
  },
  {
    name: 'a volume that is nobody’s yet',
    claim: claimOf(),
    volume: volumeOf({ claimRef: undefined as never }),
    message:
      'error processing PVC default/data: found PV object pv but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim',
  },
  {
    name: 'a volume that is an older claim’s of the same name',
    claim: claimOf(),
    volume: volumeOf({ claimRef: { namespace: 'default', name: 'data', uid: 'c0' } }),
    message:
      'error processing PVC default/data: found PV object pv but its pv.Spec.ClaimRef.UID c0 does not point to claim.UID c1',
  },
  {
    name: 'a claim of the name that an ephemeral volume would have, made by somebody else',
    volumes: [ephemeral],
    claim: claimOf({ metadata: { ...meta, name: 'web-data' } }),
    volume: volumeOf(),
    message: 'PVC default/web-data was not created for pod default/web (pod is not owner)',
  },
  {
    name: 'a block device that is mounted',
    claim: claimOf(),
    volume: volumeOf({ volumeMode: 'Block' }),
    message: 'volume data has volumeMode Block, but is specified in volumeMounts',
  },
]

t.test('claims that cannot be used', async (t) => {
  for (const { name, message, volumes, claim, volume } of refused) {
    const pod = podOf({
      containers: [container('main', { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
      volumes: volumes ?? [claimed],
    })
    const objects = { ...(claim && { claim }), ...(volume && { volume }) }
    const found = new ClaimedVolumes({ client: reader(objects), clock }).find(pod, pod.spec.volumes?.[0] ?? claimed)
    await t.rejects(found, { message }, name)
  }
})

t.test('claims that can', async (t) => {
  const find = (objects: Parameters<typeof reader>[0], volume = claimed) =>
    new ClaimedVolumes({ client: reader(objects), clock }).find(podOf(), volume)
  t.equal(await find({}, { name: 'scratch', emptyDir: {} }), undefined, 'a volume that is no claim’s')
  t.match(await find({ claim: claimOf(), volume: volumeOf() }), { volume: { metadata: { name: 'pv' } } })
  const protectedClaim = claimOf({
    metadata: { ...meta, deletionTimestamp: deleted, finalizers: ['kubernetes.io/pvc-protection'] },
  })
  t.ok(await find({ claim: protectedClaim, volume: volumeOf() }), 'deleted while it is used')
  const own = [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u1', controller: true }]
  const made = claimOf({ metadata: { ...meta, name: 'web-data', ownerReferences: own } })
  t.ok(await find({ claim: made, volume: volumeOf() }, ephemeral), 'made for the pod')
})

t.test('a claim that is bound but for its status is waited for', async (t) => {
  const bound = { ...meta, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }
  const objects = { claim: claimOf({ metadata: bound, status: { phase: 'Pending' } }), volume: volumeOf() }
  const write = async () => {
    objects.claim = claimOf({ metadata: bound })
  }
  t.ok(await new ClaimedVolumes({ client: reader(objects), clock: { sleep: write } }).find(podOf(), claimed))
})
