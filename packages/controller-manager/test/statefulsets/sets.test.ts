import type { StatefulSet, StatefulSetSpec } from '@tandem/api/apps/v1/types'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { hasConflict, isStale, wantedOwners } from '../../src/statefulsets/claim-retention.ts'
import { isInRange, isMember, ordinalOf } from '../../src/statefulsets/identity.ts'
import { claimsAt, podAt, revisionAt, type SetRevisions } from '../../src/statefulsets/pod-of-set.ts'
import { podsToUpdate } from '../../src/statefulsets/rolling-update.ts'
import { setStatus } from '../../src/statefulsets/status.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const set = (spec: Partial<StatefulSetSpec> = {}, status: object = {}): StatefulSet =>
  ({
    metadata: { name: 'web', namespace: 'ns', uid: 'set', generation: 1 },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      serviceName: 'web',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...spec,
    },
    status,
  }) as unknown as StatefulSet
const pod = (ordinal: number, { revision = 'old', ready = true, deleted = false } = {}): Pod =>
  ({
    metadata: {
      name: `web-${ordinal}`,
      uid: `pod-${ordinal}`,
      labels: { 'controller-revision-hash': revision },
      ...(deleted && { deletionTimestamp: '2026-01-01T11:00:00Z' }),
    },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Pod
const revision = (name: string, image: string) =>
  ({
    metadata: { name },
    data: {
      spec: {
        template: { spec: { containers: [{ image }], volumes: [{ name: 'data' }, { name: 'x' }] }, $patch: 'replace' },
      },
    },
  }) as never
const revisions: SetRevisions = { current: revision('old', 'one'), update: revision('new', 'two') }

t.test('names', async (t) => {
  t.equal(ordinalOf(pod(12)), 12)
  t.equal(ordinalOf({ metadata: { name: 'web-x' } } as Pod), -1)
  t.notOk(isMember({ metadata: { name: 'web-1-2' } } as Pod, set()))
  t.same(
    [0, 1, 2, 3, 4, 5].map((ordinal) => isInRange(pod(ordinal), set({ ordinals: { start: 2 } }))),
    [false, false, true, true, true, false],
  )
})

const updates = [
  { name: 'one at a time, the highest first', replicas: [pod(0), pod(1), pod(2)], expected: ['web-2'] },
  { name: 'not while one is missing', replicas: [pod(0), undefined, pod(2)], expected: [] },
  {
    name: 'not while one is not ready',
    replicas: [pod(0), pod(1), pod(2, { revision: 'new', ready: false })],
    expected: [],
  },
  {
    name: 'down to the partition',
    partition: 2,
    replicas: [pod(0), pod(1), pod(2, { revision: 'new' })],
    expected: [],
  },
  { name: 'two at a time', maxUnavailable: 2, replicas: [pod(0), pod(1), pod(2)], expected: ['web-2', 'web-1'] },
  { name: 'half of three is one', maxUnavailable: '50%', replicas: [pod(0), pod(1), pod(2)], expected: ['web-2'] },
  {
    name: 'what is going is gone',
    maxUnavailable: 2,
    replicas: [pod(0), pod(1), pod(2, { deleted: true })],
    expected: ['web-1'],
  },
]
for (const { name, partition = 0, maxUnavailable, replicas, expected } of updates)
  t.test(`update: ${name}`, async (t) => {
    const rollingUpdate = { partition, ...(maxUnavailable !== undefined && { maxUnavailable }) }
    const chosen = podsToUpdate(set({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }), {
      replicas,
      revision: 'new',
      now,
    })
    t.same(
      chosen.map(({ metadata }) => metadata.name),
      expected,
    )
  })

t.test('which revision a new pod has', async (t) => {
  const partitioned = set({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
    ordinals: { start: 5 },
  })
  t.equal(revisionAt(partitioned, 6, revisions), revisions.current)
  t.equal(revisionAt(partitioned, 7, revisions), revisions.update)
  t.equal(revisionAt(set({ updateStrategy: { type: 'OnDelete' } }), 0, revisions), revisions.update)
  const rolling = set({ updateStrategy: { type: 'RollingUpdate' } }, { currentReplicas: 1 })
  t.equal(revisionAt(rolling, 0, revisions), revisions.current)
})

t.test('a pod and its claims', async (t) => {
  const volumeClaimTemplates = [{ metadata: { name: 'data', labels: { tier: 'a' } }, spec: {} }] as never
  const own = set({ volumeClaimTemplates })
  t.match(podAt(own, 2, revisions), {
    metadata: { name: 'web-2', labels: { 'controller-revision-hash': 'new', 'apps.kubernetes.io/pod-index': '2' } },
    spec: {
      hostname: 'web-2',
      subdomain: 'web',
      containers: [{ image: 'two' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-2' } }, { name: 'x' }],
    },
  })
  t.match(claimsAt(own, 2), [{ metadata: { name: 'data-web-2', namespace: 'ns', labels: { tier: 'a', app: 'web' } } }])
})

const ref = (kind: 'Pod' | 'StatefulSet' | 'Other', uid: string, controller = true) => ({
  apiVersion: kind === 'StatefulSet' ? 'apps/v1' : 'v1',
  kind,
  name: kind === 'Pod' ? 'web-5' : 'web',
  uid,
  controller,
})
const [bySet, byPod] = [ref('StatefulSet', 'set'), ref('Pod', 'pod-5')]
const claims = [
  { name: 'kept', policy: ['Retain', 'Retain'], owners: [], pod: pod(5), expected: undefined },
  { name: 'kept from now on', policy: ['Retain', 'Retain'], owners: [bySet], pod: pod(5), expected: [] },
  { name: 'goes with the set', policy: ['Retain', 'Delete'], owners: [], pod: pod(5), expected: ['set'] },
  {
    name: 'goes with the pod that is too much',
    policy: ['Delete', 'Retain'],
    owners: [],
    pod: pod(5),
    expected: ['pod-5'],
  },
  {
    name: 'the pod is wanted again',
    policy: ['Delete', 'Retain'],
    owners: [ref('Pod', 'pod-1')].map((one) => ({ ...one, name: 'web-1' })),
    pod: pod(1),
    expected: [],
  },
  { name: 'from the set to the pod', policy: ['Delete', 'Delete'], owners: [bySet], pod: pod(5), expected: ['pod-5'] },
  { name: 'as it should be', policy: ['Delete', 'Delete'], owners: [byPod], pod: pod(5), expected: undefined },
  {
    name: 'no controller yet',
    policy: ['Retain', 'Delete'],
    owners: [ref('StatefulSet', 'set', false)],
    pod: pod(5),
    expected: ['set'],
  },
  {
    name: 'of a set before this one',
    policy: ['Retain', 'Delete'],
    owners: [ref('StatefulSet', 'other')],
    pod: pod(5),
    expected: undefined,
  },
  {
    name: 'somebody else’s',
    policy: ['Delete', 'Delete'],
    owners: [ref('Other', 'x')],
    pod: pod(5),
    expected: undefined,
  },
  {
    name: 'somebody else’s and ours',
    policy: ['Delete', 'Delete'],
    owners: [ref('Other', 'x'), bySet],
    pod: pod(5),
    expected: ['x'],
  },
]
for (const { name, policy, owners, pod, expected } of claims)
  t.test(`claim: ${name}`, async (t) => {
    const [whenScaled, whenDeleted] = policy as ['Retain' | 'Delete', 'Retain' | 'Delete']
    const owner = set({ persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted } })
    const claim = { metadata: { name: 'c', ownerReferences: owners } } as unknown as PersistentVolumeClaim
    t.same(
      wantedOwners({ claim, set: owner, pod })?.map(({ uid }) => uid),
      expected,
    )
    t.equal(hasConflict({ claim, set: owner, pod }), /^somebody|^of a set/.test(name))
  })

t.test('a claim of the pod before is waited for', async (t) => {
  const claim = { metadata: { ownerReferences: [ref('Pod', 'before')] } } as unknown as PersistentVolumeClaim
  const policy = (whenScaled: 'Retain' | 'Delete') => set({ persistentVolumeClaimRetentionPolicy: { whenScaled } })
  t.ok(isStale(claim, { set: policy('Delete'), podName: 'web-5' }))
  t.notOk(isStale(claim, { set: policy('Retain'), podName: 'web-5' }))
})

t.test('the status', async (t) => {
  const pods = [pod(0), pod(1, { revision: 'new', ready: false }), pod(2, { revision: 'new', deleted: true })]
  t.match(setStatus(set(), { pods, revisions, collisionCount: 0, now }), {
    replicas: 3,
    readyReplicas: 2,
    currentReplicas: 1,
    updatedReplicas: 1,
    currentRevision: 'old',
    updateRevision: 'new',
  })
  const done = [0, 1, 2].map((ordinal) => pod(ordinal, { revision: 'new' }))
  t.match(setStatus(set(), { pods: done, revisions, collisionCount: 0, now }), {
    currentRevision: 'new',
    currentReplicas: 3,
  })
})
