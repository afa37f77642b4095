import t from 'tap'
import { scaledValue } from '../../../src/meta/v1/int-or-percent.ts'

const rows = [
  { name: 'a count', value: 3, total: 10, up: 3, down: 3 },
  { name: 'a share without remainder', value: '20%', total: 10, up: 2, down: 2 },
  { name: 'a share with one', value: '25%', total: 10, up: 3, down: 2 },
  { name: 'a small share', value: '1%', total: 10, up: 1, down: 0 },
]
for (const { name, value, total, up, down } of rows)
  t.test(name, async (t) => {
    t.equal(scaledValue(value, { total, round: 'up' }), up)
    t.equal(scaledValue(value, { total, round: 'down' }), down)
  })

t.test('neither', async (t) =>
  t.throws(() => scaledValue('many', { total: 1, round: 'up' }), /invalid value for IntOrString/),
)
