import type { Container } from '@tandem/api/core/v1/types'
import t from 'tap'
import { cgroupParent, cgroupPath, parseCgroupRoot, podCgroup } from '../../src/cgroups/names.ts'
import { containerResources, cpuWeightOf } from '../../src/cgroups/resources.ts'
import { burstableShares, cgroupValues, podCgroupResources } from '../../src/cgroups/values.ts'
import { container, podOf } from '../fixtures.ts'

const names = [
  {
    qos: 'Guaranteed',
    cgroupfs: '/tandem/prod/kubepods/poda-b',
    slice: 'tandem-prod-kubepods-poda_b.slice',
    path: '/tandem.slice/tandem-prod.slice/tandem-prod-kubepods.slice/tandem-prod-kubepods-poda_b.slice',
  },
  {
    qos: 'Burstable',
    cgroupfs: '/tandem/prod/kubepods/burstable/poda-b',
    slice: 'tandem-prod-kubepods-burstable-poda_b.slice',
    path: '/tandem.slice/tandem-prod.slice/tandem-prod-kubepods.slice/tandem-prod-kubepods-burstable.slice/tandem-prod-kubepods-burstable-poda_b.slice',
  },
  {
    qos: 'BestEffort',
    cgroupfs: '/tandem/prod/kubepods/besteffort/poda-b',
    slice: 'tandem-prod-kubepods-besteffort-poda_b.slice',
    path: '/tandem.slice/tandem-prod.slice/tandem-prod-kubepods.slice/tandem-prod-kubepods-besteffort.slice/tandem-prod-kubepods-besteffort-poda_b.slice',
  },
] as const
for (const { qos, cgroupfs, slice, path } of names) {
  t.test(`the cgroup of a ${qos} pod`, async (t) => {
    const name = podCgroup(parseCgroupRoot('/tandem/prod/'), qos, 'a-b')
    t.equal(cgroupParent(name, 'cgroupfs'), cgroupfs)
    t.equal(cgroupPath(name, 'cgroupfs'), cgroupfs)
    t.equal(cgroupParent(name, 'systemd'), slice)
    t.equal(cgroupPath(name, 'systemd'), path)
  })
}

const nodeMemory = 8 * 1024 ** 3
const values: {
  name: string
  resources: Container['resources']
  qos: 'Guaranteed' | 'Burstable' | 'BestEffort'
  expected: object
}[] = [
  { name: 'nothing asked for', resources: {}, qos: 'BestEffort', expected: { cpuShares: 2, oomScoreAdj: 1000 } },
  {
    name: 'a request',
    resources: { requests: { cpu: '250m', memory: '2Gi' } },
    qos: 'Burstable',
    expected: { cpuShares: 256, oomScoreAdj: 750 },
  },
  {
    name: 'a limit stands for the request',
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    qos: 'Guaranteed',
    expected: { cpuShares: 2048, cpuQuota: 200_000, cpuPeriod: 100_000, memoryLimit: 1024 ** 3, oomScoreAdj: -997 },
  },
  {
    name: 'a tiny limit',
    resources: { limits: { cpu: '1m' } },
    qos: 'Burstable',
    expected: { cpuShares: 2, cpuQuota: 1000, cpuPeriod: 100_000, oomScoreAdj: 999 },
  },
  {
    name: 'almost all of the memory',
    resources: { requests: { memory: '8Gi' } },
    qos: 'Burstable',
    expected: { cpuShares: 2, oomScoreAdj: 3 },
  },
]
for (const { name, resources, qos, expected } of values) {
  t.test(`values of a container: ${name}`, async (t) => {
    t.same(
      containerResources({
        pod: podOf(),
        container: container('main', { ...(resources && { resources }) }),
        qos,
        nodeMemory,
      }),
      expected,
    )
  })
}

t.test("a container without a limit has its pod's", async (t) => {
  const of = (resources: Container['resources']) =>
    containerResources({
      pod: podOf({ resources: { limits: { cpu: '1', memory: '64Mi' } } }),
      container: container('main', { ...(resources && { resources }) }),
      qos: 'Burstable',
      nodeMemory,
    })
  t.match(of({}), { cpuShares: 2, cpuQuota: 100_000, memoryLimit: 64 * 1024 ** 2 })
  t.match(of({ limits: { cpu: '500m' } }), { cpuShares: 512, cpuQuota: 50_000, memoryLimit: 64 * 1024 ** 2 })
})

t.test('a pod has limits only where every container has', async (t) => {
  const limited = container('a', {
    resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
  })
  t.same(podCgroupResources(podOf({ containers: [limited, limited] })), {
    cpuShares: 204,
    cpuQuota: 100_000,
    memoryLimit: 128 * 1024 ** 2,
  })
  t.same(podCgroupResources(podOf({ containers: [limited, container('b')] })), { cpuShares: 102 })
  t.equal(burstableShares([podOf({ containers: [limited] }), podOf({ containers: [limited] })]), 204)
})

t.test('both versions of cgroups are written', async (t) => {
  const lines = (version: 1 | 2) =>
    cgroupValues({ cpuShares: 1024, cpuQuota: 50_000, memoryLimit: 4096 }, version).map(
      ({ controller, file, value }) => `${controller} ${file}=${value}`,
    )
  t.same(lines(1), [
    'cpu cpu.shares=1024',
    'cpu cpu.cfs_period_us=100000',
    'cpu cpu.cfs_quota_us=50000',
    'memory memory.limit_in_bytes=4096',
  ])
  t.same(lines(2), ['cpu cpu.weight=39', 'cpu cpu.max=50000 100000', 'memory memory.max=4096'])
  t.same(
    cgroupValues({ cpuShares: 2 }, 2).map(({ value }) => value),
    ['1', 'max 100000', 'max'],
  )
  t.equal(cpuWeightOf(262_144), 10_000)
})
