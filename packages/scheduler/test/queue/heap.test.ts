import fc from 'fast-check'
import t from 'tap'
import { Heap } from '../../src/queue/heap.ts'

t.test('whatever is pushed, replaced and deleted, the smallest comes first', async (t) => {
  const operation = fc.record({
    key: fc.integer({ min: 0, max: 15 }).map(String),
    value: fc.integer(),
    remove: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const heap = new Heap<{ key: string; value: number }>({
        key: ({ key }) => key,
        compare: (a, b) => a.value - b.value,
      })
      const model = new Map<string, number>()
      for (const { key, value, remove } of operations) {
        if (remove) {
          heap.delete(key)
          model.delete(key)
        } else {
          heap.push({ key, value })
          model.set(key, value)
        }
      }
      const popped: number[] = []
      for (let item = heap.pop(); item; item = heap.pop()) popped.push(item.value)
      return JSON.stringify(popped) === JSON.stringify([...model.values()].sort((a, b) => a - b))
    }),
  )
  t.pass()
})
