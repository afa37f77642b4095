import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { planClusters } from '@tandem/cluster/plan'
import { makePlans } from '@tandem/cluster/prepare'
import t, { type Test } from 'tap'

const clusters = ['prod', 'staging'] as const
const hostAddress = '192.0.2.1'
const host = { hostname: 'host', address: hostAddress, cpus: 2, memoryBytes: 2 ** 32 }

/** A root below which clusters with these ranges were brought up before. */
function rootWith(t: Test, overrides: Parameters<typeof planClusters>[0]['overrides']): string {
  const root = t.testdir()
  for (const plan of planClusters({ root, host, clusters, ...(overrides && { overrides }) })) {
    mkdirSync(plan.directory)
    writeFileSync(join(plan.directory, 'plan.json'), JSON.stringify(plan))
  }
  return root
}

t.test('a later up keeps the ranges of the first', async (t) => {
  const root = rootWith(t, { prod: { podCidr: '10.20.0.0/16' } })
  const [prod, staging] = await makePlans({ root, clusters, overrides: { prod: { hostAddress } } })
  t.equal(prod?.podCidr, '10.20.0.0/16')
  t.equal(staging?.podCidr, '10.245.0.0/16')
  t.ok(staging?.isolateFrom.includes('10.20.0.0/16'))
})

t.test('a flag is stronger, and all but ranges is planned anew', async (t) => {
  const root = rootWith(t, { prod: { podCidr: '10.20.0.0/16', hostAddress: '192.0.2.9' } })
  const overrides = { prod: { hostAddress, podCidr: '10.30.0.0/16' } }
  const [prod] = await makePlans({ root, clusters, overrides })
  t.match(prod, { podCidr: '10.30.0.0/16', hostAddress })
})

const alone = planClusters({ root: '/', host, clusters: ['prod'] })

t.test('a cluster that joins another on its host is kept from it, and takes none of its names', async (t) => {
  const root = t.testdir({ prod: { 'plan.json': JSON.stringify(alone[0]) } })
  const [staging] = await makePlans({ root, clusters: ['staging'], overrides: { staging: { hostAddress } } })
  t.match(staging, { chainPrefix: 'STAG', nodePortAddress: '10.101.0.1', podSecurity: 'baseline' })
  t.same(staging?.isolateFrom, ['10.244.0.0/16', '10.96.0.0/16', '10.98.0.0/24'])
  t.ok(staging?.isolatePorts.includes(6443))
  t.ok(staging?.limits)
})

t.test('a cluster whose pair is planned later keeps the chains it has', async (t) => {
  const root = t.testdir({ prod: { 'plan.json': JSON.stringify(alone[0]) } })
  const [prod, staging] = await makePlans({ root, clusters, overrides: { prod: { hostAddress } } })
  t.match([prod?.chainPrefix, staging?.chainPrefix], ['KUBE', 'STAG'])
  t.ok(prod?.isolateFrom.includes('10.245.0.0/16'))
})

t.test('one of a pair, planned by itself, stays one of two', async (t) => {
  const root = rootWith(t, {})
  const [prod] = await makePlans({ root, clusters: ['prod'], overrides: { prod: { hostAddress } } })
  t.match(prod, {
    chainPrefix: 'PROD',
    isolateFrom: ['10.245.0.0/16', '10.97.0.0/16', '10.99.0.0/24', '10.101.0.1/32'],
  })
})

t.test('a cluster that joins another takes none of its ranges', async (t) => {
  const root = t.testdir({ prod: { 'plan.json': JSON.stringify({ ...alone[0], podCidr: '10.245.0.0/16' }) } })
  const request = makePlans({ root, clusters: ['staging'], overrides: { staging: { hostAddress } } })
  await t.rejects(request, { message: /--staging-pod-cidr=10\.245\.0\.0\/16 overlaps with --prod-pod-cidr/ })
})
