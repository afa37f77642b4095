import t from 'tap'
import { findUntoleratedTaint, matchToleration, toleratesTaint } from '../../../src/core/v1/toleration.ts'
import type { Taint, Toleration } from '../../../src/core/v1/types.ts'

const taint: Taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' }

const rows: [name: string, toleration: Toleration, expected: boolean][] = [
  ['equal by default', { key: 'dedicated', value: 'db', effect: 'NoSchedule' }, true],
  ['another value', { key: 'dedicated', value: 'web', effect: 'NoSchedule' }, false],
  ['any value', { key: 'dedicated', operator: 'Exists' }, true],
  ['any key', { operator: 'Exists' }, true],
  ['any effect', { key: 'dedicated', operator: 'Equal', value: 'db' }, true],
  ['another effect', { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
  ['another key', { key: 'gpu', operator: 'Exists' }, false],
  ['numbers are not compared unless asked', { key: 'dedicated', operator: 'Gt', value: '1' }, false],
]

for (const [name, toleration, expected] of rows)
  t.test(name, async (t) => {
    t.equal(toleratesTaint(toleration, taint), expected)
  })

t.test('numbers compared', async (t) => {
  const slow: Taint = { key: 'latency', value: '10', effect: 'NoSchedule' }
  const comparisonOperators = { comparisonOperators: true }
  t.equal(toleratesTaint({ key: 'latency', operator: 'Lt', value: '11' }, slow, comparisonOperators), true)
  t.equal(toleratesTaint({ key: 'latency', operator: 'Lt', value: '10' }, slow, comparisonOperators), false)
  t.equal(toleratesTaint({ key: 'latency', operator: 'Gt', value: '9' }, slow, comparisonOperators), true)
  t.equal(toleratesTaint({ key: 'latency', operator: 'Gt', value: '09' }, slow, comparisonOperators), false)
})

t.test('the first taint that matters and is not tolerated', async (t) => {
  const taints: Taint[] = [
    { key: 'a', effect: 'PreferNoSchedule' },
    { key: 'b', effect: 'NoSchedule' },
    { key: 'c', effect: 'NoExecute' },
  ]
  const hard = ({ effect }: Taint): boolean => effect !== 'PreferNoSchedule'
  t.equal(findUntoleratedTaint(taints, undefined)?.key, 'a')
  t.equal(findUntoleratedTaint(taints, [{ key: 'b', operator: 'Exists' }], hard)?.key, 'c')
  t.equal(findUntoleratedTaint(taints, [{ operator: 'Exists' }]), undefined)
  t.equal(findUntoleratedTaint(undefined, undefined), undefined)
})

t.test('seconds do not tell tolerations apart', async (t) => {
  t.equal(matchToleration({ key: 'a', tolerationSeconds: 1 }, { key: 'a', tolerationSeconds: 2 }), true)
  t.equal(matchToleration({ key: 'a' }, { key: 'b' }), false)
})
