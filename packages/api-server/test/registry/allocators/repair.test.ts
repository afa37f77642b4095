import type { Service } from '@tandem/api/core/v1/types'
import t from 'tap'
import { ipv4ToNumber, parseServiceCidr } from '../../../src/registry/allocators/cluster-ip-range.ts'
import { parseNodePortRange } from '../../../src/registry/allocators/node-port-range.ts'
import { repair } from '../../../src/registry/allocators/repair.ts'
import { ServiceAllocator } from '../../../src/registry/allocators/service-allocator.ts'

const service = (name: string, ip: string, nodePort: number): Service =>
  ({
    metadata: { name, namespace: 'n', uid: name },
    spec: { type: 'NodePort', clusterIP: ip, clusterIPs: [ip], ipFamilies: ['IPv4'], ports: [{ port: 1, nodePort }] },
  }) as Service

const allocator = () => new ServiceAllocator(parseServiceCidr('10.96.0.0/24'), parseNodePortRange('30000-30100'))
const ten = ipv4ToNumber('10.96.0.10') ?? 0

t.test('the first round takes everything in silence', async (t) => {
  const allocated = allocator()
  t.same(repair(allocated, [service('a', '10.96.0.10', 30001)], { first: true }), [])
  t.equal(allocated.ipClaims.holderOf(ten), 'a')
  t.equal(allocated.portClaims.holderOf(30001), 'a')
})

t.test('a later round tells what was missing, and takes it', async (t) => {
  const allocated = allocator()
  const found = repair(allocated, [service('a', '10.96.0.10', 30001)], { first: false })
  t.same(
    found.map(({ reason, message }) => `${reason}: ${message}`),
    [
      'ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing',
      'PortNotAllocated: Port 30001 is not allocated; repairing',
    ],
  )
  t.same(repair(allocated, [service('a', '10.96.0.10', 30001)], { first: false }), [])
})

t.test('what no Service has is free again', async (t) => {
  const allocated = allocator()
  repair(allocated, [service('a', '10.96.0.10', 30001)], { first: true })
  repair(allocated, [], { first: false })
  t.equal(allocated.ipClaims.size + allocated.portClaims.size, 0)
})

t.test('a write that is under way is left alone', async (t) => {
  const allocated = allocator()
  const reservation = allocated.beginCreate(service('a', '10.96.0.10', 30001), { dryRun: false })
  repair(allocated, [], { first: false })
  t.equal(allocated.ipClaims.holderOf(ten), 'a')
  reservation.revert()
  t.equal(allocated.ipClaims.size + allocated.portClaims.size, 0)
})
