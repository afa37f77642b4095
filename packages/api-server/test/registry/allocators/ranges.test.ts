import t from 'tap'
import { numberToIPv4, parseServiceCidr } from '../../../src/registry/allocators/cluster-ip-range.ts'
import { parseNodePortRange } from '../../../src/registry/allocators/node-port-range.ts'
import { findFree } from '../../../src/registry/allocators/range.ts'

const cidrs: [cidr: string, first: string, dynamic: string, last: string][] = [
  ['10.96.0.0/16', '10.96.0.1', '10.96.1.1', '10.96.255.254'],
  ['10.96.0.0/24', '10.96.0.1', '10.96.0.17', '10.96.0.254'],
  ['10.96.0.0/20', '10.96.0.1', '10.96.1.1', '10.96.15.254'],
  ['10.96.0.7/28', '10.96.0.1', '10.96.0.1', '10.96.0.14'],
]
for (const [cidr, first, dynamic, last] of cidrs)
  t.test(`the addresses of ${cidr}`, async (t) => {
    const range = parseServiceCidr(cidr)
    t.same([range.first, range.dynamic, range.last].map(numberToIPv4), [first, dynamic, last])
  })

for (const bad of ['', '10.96.0.0', '10.96.0.0/33', 'fd00::/64', '10.96.0.300/16'])
  t.test(`${JSON.stringify(bad)} is no range for Services`, async (t) => {
    t.throws(() => parseServiceCidr(bad), { message: /service-cluster-ip-range/ })
  })

t.test('node ports', async (t) => {
  t.match(parseNodePortRange('30000-32767'), { first: 30000, dynamic: 30086, last: 32767 })
  t.match(parseNodePortRange('30000-30015'), { dynamic: 30000 })
  for (const bad of ['', '3-2', '1-70000', 'a-b']) t.throws(() => parseNodePortRange(bad))
})

t.test('the dynamic band goes first, then the static one, then nothing', async (t) => {
  const range = { first: 1, dynamic: 3, last: 4 }
  const taken = new Set<number>()
  const order: (number | undefined)[] = []
  for (let i = 0; i < 5; i++) {
    const free = findFree(range, (n) => taken.has(n))
    order.push(free)
    if (free) taken.add(free)
  }
  t.same(order.slice(0, 2).sort(), [3, 4])
  t.same(order.slice(2, 4).sort(), [1, 2])
  t.equal(order[4], undefined)
})
