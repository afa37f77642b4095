import t from 'tap'
import { priorityClasses } from '../../../src/scheduling/v1/priorityclass.ts'
import { created, faults, updateFaults } from '../../rules.ts'

const rows = [
  { name: 'good', draft: { value: 1000 }, expected: [] },
  {
    name: 'above what users may',
    draft: { value: 1_000_000_001 },
    expected: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  {
    name: "the system's own",
    draft: { value: 2_000_001_000, metadata: { name: 'system-node-critical' } },
    expected: [],
  },
  {
    name: "one like the system's",
    draft: { value: 1, metadata: { name: 'system-mine' } },
    expected: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
  },
]
for (const { name, draft, expected } of rows)
  t.test(name, async (t) => t.strictSame(faults(priorityClasses, draft), expected))

t.test('it stays', async (t) => {
  t.equal(created(priorityClasses, { value: 1 }).preemptionPolicy, 'PreemptLowerPriority')
  t.strictSame(updateFaults(priorityClasses, { from: { value: 1 }, to: { value: 2, preemptionPolicy: 'Never' } }), [
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ])
})
