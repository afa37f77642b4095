import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { usesClaim } from '../../src/storage-protection/claim-use.ts'
import { protectionStep } from '../../src/storage-protection/finalizer.ts'

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const steps = [
  { name: 'it lives without', metadata: {}, isUsed: false, expected: 'add' },
  { name: 'it lives', metadata: { finalizers: ['f'] }, isUsed: false, expected: 'none' },
  { name: 'it is deleted and used', metadata: { finalizers: ['f'], ...deleted }, isUsed: true, expected: 'none' },
  {
    name: 'it is deleted and not used',
    metadata: { finalizers: ['f', 'g'], ...deleted },
    isUsed: false,
    expected: 'remove',
  },
  { name: 'it waits for somebody else', metadata: { finalizers: ['g'], ...deleted }, isUsed: false, expected: 'none' },
]
for (const { name, metadata, isUsed, expected } of steps)
  t.test(name, async (t) => t.equal(protectionStep({ metadata } as never, 'f', isUsed), expected))

const claim = (ownerReferences: object[] = []) =>
  ({ metadata: { name: 'p-data', ownerReferences } }) as unknown as PersistentVolumeClaim
const pod = (volume: object, { nodeName = 'n', ...metadata }: { nodeName?: string; [name: string]: unknown } = {}) =>
  ({ metadata: { name: 'p', uid: 'p', ...metadata }, spec: { nodeName, volumes: [volume] } }) as unknown as Pod
const own = claim([{ uid: 'p', controller: true }])
const byName = { name: 'x', persistentVolumeClaim: { claimName: 'p-data' } }
const ephemeral = { name: 'data', ephemeral: {} }
const uses = [
  { name: 'a pod on a node', pod: pod(byName), claim: claim(), expected: true },
  { name: 'a pod on none', pod: pod(byName, { nodeName: '' }), claim: claim(), expected: false },
  { name: 'its own ephemeral volume', pod: pod(ephemeral), claim: own, expected: true },
  { name: 'of the same name, but not its own', pod: pod(ephemeral), claim: claim(), expected: false },
  {
    name: 'a pod that is through',
    pod: pod(ephemeral, { ...deleted, deletionGracePeriodSeconds: 0 }),
    claim: own,
    expected: false,
  },
  {
    name: 'another claim',
    pod: pod({ name: 'x', persistentVolumeClaim: { claimName: 'y' } }),
    claim: claim(),
    expected: false,
  },
]
for (const { name, pod, claim, expected } of uses)
  t.test(`use: ${name}`, async (t) => t.equal(usesClaim(pod, claim), expected))
