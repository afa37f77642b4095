import t from 'tap'
import { podDisruptionBudgets } from '../../../src/policy/v1/poddisruptionbudget.ts'
import { created, faults, noon, row, selector } from '../../rules.ts'

const rows = [
  { name: 'good', spec: { minAvailable: '50%', selector }, expected: [] },
  {
    name: 'both ways at once',
    spec: { minAvailable: 1, maxUnavailable: 1 },
    expected: [
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
  },
  {
    name: 'more than all',
    spec: { maxUnavailable: '200%' },
    expected: ['spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%'],
  },
  {
    name: 'a policy that does not exist',
    spec: { unhealthyPodEvictionPolicy: 'Never' },
    expected: [
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  },
]
for (const { name, spec, expected } of rows)
  t.test(name, async (t) => t.strictSame(faults(podDisruptionBudgets, { spec }), expected))

t.test('the table', async (t) => {
  t.strictSame(row(podDisruptionBudgets, created(podDisruptionBudgets, { spec: { minAvailable: 2 } }), noon), {
    Name: 'web',
    'Min Available': '2',
    'Max Unavailable': 'N/A',
    'Allowed Disruptions': 0,
    Age: '10m',
  })
})
