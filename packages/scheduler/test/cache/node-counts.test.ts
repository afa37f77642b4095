import t from 'tap'
import { NodeCounts } from '../../src/cache/node-counts.ts'

const zones = new Map([
  ['a1', 'a'],
  ['a2', 'a'],
  ['b1', 'b'],
])
const topology = { version: 0, valueOf: (node: string) => zones.get(node) }

t.test('sums by a label follow what comes and goes', (t) => {
  const counts = new NodeCounts(topology)
  counts.change('a1', 1)
  const sums = () => Object.fromEntries(counts.byTopology('zone'))
  t.same(sums(), { a: 1 })
  for (const node of ['a2', 'b1', 'b1', 'nowhere']) counts.change(node, 1)
  t.same(sums(), { a: 2, b: 2 })
  for (const node of ['a1', 'a2']) counts.change(node, -1)
  t.same(sums(), { b: 2 })
  t.same(Object.fromEntries(counts), { b1: 2, nowhere: 1 })
  t.end()
})

t.test('a node with another label counts elsewhere', (t) => {
  const counts = new NodeCounts(topology)
  counts.change('a1', 1)
  counts.change('b1', 1)
  t.same(Object.fromEntries(counts.byTopology('zone')), { a: 1, b: 1 })
  zones.set('b1', 'c')
  topology.version++
  counts.change('a1', 1)
  t.same(Object.fromEntries(counts.byTopology('zone')), { a: 2, c: 1 })
  t.end()
})
