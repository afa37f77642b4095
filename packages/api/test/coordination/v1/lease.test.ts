import t from 'tap'
import { leases } from '../../../src/coordination/v1/lease.ts'
import { created, faults, noon, row } from '../../rules.ts'

const rows = [
  { name: 'empty', spec: {}, expected: [] },
  {
    name: 'no time and fewer than no transitions',
    spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
    expected: [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  },
]
for (const { name, spec, expected } of rows) t.test(name, async (t) => t.strictSame(faults(leases, { spec }), expected))

t.test('what coordinated leader election needs is dropped, and kept where it is', async (t) => {
  const spec = { strategy: 'OldestEmulationVersion', preferredHolder: 'a' }
  t.strictSame(created(leases, { spec }).spec, {})
  const next = { ...created(leases, {}), spec: { ...spec } }
  leases.prepareForUpdate?.(next, { ...created(leases, {}), spec: { strategy: spec.strategy } })
  t.strictSame(next.spec, { strategy: spec.strategy })
})

t.test('the table', async (t) => {
  const object = created(leases, { spec: { holderIdentity: 'node-1' } })
  t.strictSame(row(leases, object, noon), { Name: 'web', Holder: 'node-1', Age: '10m' })
})
