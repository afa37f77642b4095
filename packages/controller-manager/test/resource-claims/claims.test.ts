import type { Pod } from '@tandem/api/core/v1/types'
import type { ResourceClaim, ResourceClaimStatus, ResourceClaimTemplate } from '@tandem/api/resource/v1/types'
import t from 'tap'
import { claimFromTemplate, claimNameOf, isDone, isForEntry } from '../../src/resource-claims/claim-of-pod.ts'
import { finalizer, mayLetGo, mayReserve, releasedStatus } from '../../src/resource-claims/reservation.ts'

const pod = (more: object = {}): Pod =>
  ({ metadata: { name: 'p', namespace: 'ns', uid: 'p1' }, spec: { nodeName: 'n' }, ...more }) as unknown as Pod
const template = {
  spec: { metadata: { labels: { a: 'b' } }, spec: { devices: {} } },
} as unknown as ResourceClaimTemplate
const entry = { name: 'gpu', resourceClaimTemplateName: 't' }

t.test('a claim is made for one entry of one pod', async (t) => {
  const claim = claimFromTemplate(pod(), entry, template)
  t.match(claim, {
    metadata: {
      generateName: 'p-gpu-',
      namespace: 'ns',
      labels: { a: 'b' },
      annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' },
      ownerReferences: [{ kind: 'Pod', uid: 'p1', controller: true }],
    },
  })
  t.equal(claim.metadata.ownerReferences?.[0]?.blockOwnerDeletion, undefined)
  t.ok(isForEntry(claim as ResourceClaim, pod(), entry))
  t.notOk(isForEntry(claim as ResourceClaim, pod(), { name: 'nic' }))
  const long = claimFromTemplate(pod({ metadata: { name: 'x'.repeat(90) } }), { name: 'y'.repeat(30) }, template)
  t.equal(long.metadata.generateName, `${'x'.repeat(42)}-${'y'.repeat(14)}`)
})

const names = [
  { name: 'by name', entry: { name: 'a', resourceClaimName: 'c' }, status: {}, expected: 'c' },
  { name: 'not made yet', entry, status: {}, expected: undefined },
  {
    name: 'made',
    entry,
    status: { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'p-gpu-1' }] },
    expected: 'p-gpu-1',
  },
  { name: 'not needed', entry, status: { resourceClaimStatuses: [{ name: 'gpu' }] }, expected: undefined },
]
for (const { name, entry, status, expected } of names)
  t.test(`name: ${name}`, async (t) => t.equal(claimNameOf(pod({ status }), entry), expected))

const consumer = (uid: string) => ({ resource: 'pods', name: 'p', uid })
const claim = (status: ResourceClaimStatus, metadata: object = {}): ResourceClaim =>
  ({ metadata: { name: 'c', ...metadata }, spec: {}, status }) as ResourceClaim
const isProtected = { finalizers: [finalizer] }
const isGoing = { ...isProtected, deletionTimestamp: '2026-01-01T00:00:00Z' }

const releases = [
  {
    name: 'nobody left',
    before: { allocation: {}, reservedFor: [consumer('a'), consumer('b')] },
    left: [consumer('b')],
    expected: { allocation: {}, reservedFor: [consumer('b')] },
  },
  {
    name: 'the last one left',
    before: { allocation: {}, reservedFor: [consumer('a')] },
    metadata: isProtected,
    left: [],
    expected: {},
  },
  {
    name: 'somebody else allocates',
    before: { allocation: {}, reservedFor: [consumer('a')] },
    left: [],
    expected: { allocation: {} },
  },
  {
    name: 'allocated, not used yet',
    before: { allocation: {} },
    metadata: isProtected,
    left: [],
    expected: { allocation: {} },
  },
  { name: 'deleted', before: { allocation: {} }, metadata: isGoing, left: [], expected: {} },
]
for (const { name, before, metadata, left, expected } of releases)
  t.test(`released: ${name}`, async (t) => t.same(releasedStatus(claim(before, metadata), left), expected))

t.test('the finalizer goes with the devices', async (t) => {
  t.ok(mayLetGo(claim({}, isProtected), { changed: true }))
  t.notOk(mayLetGo(claim({}, isProtected), { changed: false }))
  t.ok(mayLetGo(claim({}, isGoing), { changed: false }))
  t.notOk(mayLetGo(claim({ allocation: {} }, isGoing), { changed: false }))
})

t.test('who may use it, and until when', async (t) => {
  t.ok(mayReserve(claim({ allocation: {} }), pod()))
  t.notOk(mayReserve(claim({}), pod()))
  t.notOk(mayReserve(claim({ allocation: {}, reservedFor: [consumer('p1')] }), pod()))
  t.notOk(isDone(pod()))
  t.ok(isDone(pod({ status: { phase: 'Failed' } })))
  t.ok(isDone(pod({ metadata: { deletionTimestamp: 'x' }, spec: {} })))
})
