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
