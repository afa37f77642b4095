import { localPathDirectoryAnnotation, removalAnnotation } from '@tandem/api/core/v1/local-path'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import type { StorageClass } from '@tandem/api/storage/v1/types'
import t from 'tap'
import { removalStep } from '../../src/local-path/removal-step.ts'
import { refusalOf, removalFinalizer, volumeFor } from '../../src/local-path/volume-for-claim.ts'

const created = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const name = 'pvc-c1'
const claimOf = (spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim => ({
  metadata: { name: 'data', namespace: 'default', uid: 'c1', ...created },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 'local-path',
    ...spec,
  },
})
const nodeOf = (annotations: Record<string, string> = {}): Node => ({
  metadata: { name: 'n1', uid: 'n', ...created, labels: { 'kubernetes.io/hostname': 'host-1' }, annotations },
  spec: {},
})
const classOf = (more: Partial<StorageClass> = {}): StorageClass => ({
  metadata: { name: 'local-path', uid: 's', ...created },
  provisioner: 'tandem.dev/local-path',
  ...more,
})
const keeping = { [localPathDirectoryAnnotation]: '/var/volumes' }

t.test('claims that no directory can be', (t) => {
  const cases: {
    name: string
    spec?: PersistentVolumeClaim['spec']
    parameters?: Record<string, string>
    why?: string
  }[] = [
    { name: 'one node writes' },
    { name: 'one pod writes', spec: { accessModes: ['ReadWriteOncePod'] } },
    {
      name: 'many nodes write',
      spec: { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] },
      why: 'access mode ReadWriteMany is not supported: a directory of one node is ReadWriteOnce or ReadWriteOncePod',
    },
    { name: 'a device', spec: { volumeMode: 'Block' }, why: 'block volumes are not supported' },
    { name: 'a choice of volumes', spec: { selector: {} }, why: 'claim.Spec.Selector is not supported' },
    { name: 'a copy', spec: { dataSource: { kind: 'A', name: 'b' } }, why: 'data sources are not supported' },
    { name: 'a parameter', parameters: { path: '/etc' }, why: 'invalid parameter "path"' },
  ]
  for (const { name, spec, parameters = {}, why } of cases)
    t.equal(refusalOf(claimOf(spec), classOf({ parameters })), why, name)
  t.end()
})

t.test('the volume of a claim', (t) => {
  t.equal(volumeFor(claimOf(), nodeOf(), classOf()), undefined, 'a node that keeps none')
  t.match(volumeFor(claimOf(), nodeOf(keeping), classOf()), {
    metadata: { name, finalizers: [removalFinalizer] },
    spec: {
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { namespace: 'default', name: 'data', uid: 'c1' },
      local: { path: '/var/volumes/pvc-c1' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['host-1'] }] }] } },
    },
  })
  const retained = volumeFor(claimOf(), nodeOf(keeping), classOf({ reclaimPolicy: 'Retain' }))
  t.equal(retained?.metadata.finalizers, undefined, 'what is retained is not removed')
  t.end()
})

t.test('what a released volume needs', (t) => {
  const made = volumeFor(claimOf(), nodeOf(keeping), classOf())
  const volumeOf = (more: {
    metadata?: Partial<PersistentVolume['metadata']>
    policy?: 'Delete' | 'Retain'
    phase?: 'Bound' | 'Released'
  }): PersistentVolume => ({
    metadata: { uid: 'v', ...created, name, ...made?.metadata, ...more.metadata },
    spec: { ...made?.spec, persistentVolumeReclaimPolicy: more.policy ?? 'Delete' },
    status: { phase: more.phase ?? 'Released' },
  })
  const removal = (value: string) => nodeOf({ ...keeping, [removalAnnotation(name)]: value })
  const cases = [
    { name: 'bound', volume: volumeOf({ phase: 'Bound' }), step: { do: 'nothing' } },
    { name: 'released', volume: volumeOf({}), step: { do: 'request', node: 'n1' } },
    { name: 'the node was asked', volume: volumeOf({}), nodes: [removal('requested')], step: { do: 'nothing' } },
    { name: 'the node has done it', volume: volumeOf({}), nodes: [removal('done')], step: { do: 'delete' } },
    { name: 'the node is gone', volume: volumeOf({}), nodes: [], step: { do: 'delete' } },
    {
      name: 'retained from now on',
      volume: volumeOf({ policy: 'Retain' }),
      step: { do: 'set-finalizer', finalizers: [] },
    },
    {
      name: 'retained',
      volume: volumeOf({ policy: 'Retain', metadata: { finalizers: [] } }),
      step: { do: 'nothing' },
    },
    {
      name: 'no longer retained',
      volume: volumeOf({ metadata: { finalizers: ['other'] } }),
      step: { do: 'set-finalizer', finalizers: ['other', removalFinalizer] },
    },
    {
      name: 'removed already, and held by others',
      volume: volumeOf({ metadata: { finalizers: ['other'], deletionTimestamp: created.creationTimestamp } }),
      step: { do: 'nothing' },
    },
    { name: 'somebody else’s', volume: volumeOf({ metadata: { annotations: {} } }), step: { do: 'nothing' } },
  ]
  for (const { name, volume, nodes = [nodeOf(keeping)], step } of cases) t.same(removalStep(volume, nodes), step, name)
  t.end()
})
