import type { Service } from '@tandem/api/core/v1/types'
import t from 'tap'
import { ipv4ToNumber, parseServiceCidr } from '../../../src/registry/allocators/cluster-ip-range.ts'
import { parseNodePortRange } from '../../../src/registry/allocators/node-port-range.ts'
import { examine } from '../../../src/registry/allocators/repair.ts'
import { UnusedClaims } from '../../../src/registry/allocators/unused-claims.ts'

const service = (name: string, ip: string, nodePort: number): Service =>
  ({
    metadata: { name, namespace: 'n', uid: name },
    spec: { type: 'NodePort', clusterIP: ip, clusterIPs: [ip], ipFamilies: ['IPv4'], ports: [{ port: 1, nodePort }] },
  }) as Service

const ranges = { range: parseServiceCidr('10.96.0.0/24'), ports: parseNodePortRange('30000-30100') }
const ten = ipv4ToNumber('10.96.0.10') ?? 0
const a = service('a', '10.96.0.10', 30001)
const nothing = { ips: new Map(), ports: new Set<number>() }
const claimedBy = (name: string) => ({ ips: new Map([[ten, { namespace: 'n', name }]]), ports: new Set([30001]) })

t.test('what is claimed is as it should be', async (t) => {
  const nothingToDo = { findings: [], missing: { ips: [], ports: [] }, unused: { ips: [], ports: [] } }
  t.same(examine([a], claimedBy('a'), { ...ranges, first: false }), nothingToDo)
})

t.test('the first look claims in silence what is missing', async (t) => {
  const { findings, missing } = examine([a], nothing, { ...ranges, first: true })
  t.same(findings, [])
  t.same([missing.ips[0]?.ip, missing.ports[0]?.port], [ten, 30001])
})

t.test('a later look tells of it', async (t) => {
  const { findings } = examine([a], nothing, { ...ranges, first: false })
  t.same(
    findings.map(({ reason, message }) => `${reason}: ${message}`),
    [
      'ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.10 is not allocated; repairing',
      'PortNotAllocated: Port 30001 is not allocated; repairing',
    ],
  )
})

t.test('an address that is claimed for another Service is claimed anew', async (t) => {
  const { missing, unused } = examine([a], claimedBy('b'), { ...ranges, first: false })
  t.same(
    missing.ips.map(({ ip }) => ip),
    [ten],
  )
  t.same(unused.ips, [])
})

t.test('what no Service has is unused', async (t) => {
  t.same(examine([], claimedBy('a'), { ...ranges, first: false }).unused, { ips: [ten], ports: [30001] })
})

t.test('what is unused is given back after some rounds in a row', async (t) => {
  const unused = new UnusedClaims(3)
  const rounds: [now: number[], given: number[]][] = [
    [[1, 2], []],
    [[1, 2], []],
    [[2], [2]],
    [[1], []],
    [[1], []],
    [[1], [1]],
  ]
  for (const [now, given] of rounds) t.same(unused.round(now), given)
})
