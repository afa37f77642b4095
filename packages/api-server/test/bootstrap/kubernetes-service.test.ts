import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definitions } from '@tandem/api'
import { endpoints } from '@tandem/api/core/v1/endpoints'
import { services } from '@tandem/api/core/v1/service'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { serviceCIDRs } from '@tandem/api/networking/v1/servicecidr'
import { clusterRoles } from '@tandem/api/rbac/v1/clusterrole'
import { silentLogger, systemClock } from '@tandem/component-base'
import t from 'tap'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { bootstrapDefaultServiceCidr } from '../../src/bootstrap/default-service-cidr.ts'
import { firstAddress } from '../../src/bootstrap/first-address.ts'
import { bootstrapKubernetesService } from '../../src/bootstrap/kubernetes-service.ts'
import { openRegistry } from '../../src/registry/open.ts'
import { Resources } from '../../src/resources.ts'

const directory = await mkdtemp(join(tmpdir(), 'tandem-bootstrap-'))
const options = { dataDir: directory, serviceClusterIpRange: '10.96.0.0/16' }
const opened = await openRegistry(options, { logger: silentLogger, clock: systemClock })
const resources = new Resources(opened.registry, definitions)
t.teardown(async () => {
  await opened.close()
  await rm(directory, { recursive: true })
})

const key = { namespace: 'default', name: 'kubernetes' }
const revisions = async () =>
  await Promise.all(
    [services, endpoints, endpointSlices].map(
      async (each) => (await resources.store(each as typeof services).get(key)).revision,
    ),
  )

t.test('default/kubernetes follows the address of the host', async (t) => {
  await bootstrap(resources)
  const keep = (address: string) =>
    bootstrapKubernetesService(resources, { clusterIp: '10.96.0.1', addresses: [address], port: 6443 })
  await keep('192.0.2.1')
  const before = await revisions()
  await keep('192.0.2.1')
  t.same(await revisions(), before, 'nothing is written when nothing changed')
  await keep('192.0.2.2')
  t.match((await resources.store(endpointSlices).get(key)).object().endpoints, [{ addresses: ['192.0.2.2'] }])
  t.match((await resources.store(endpoints).get(key)).object().subsets, [{ addresses: [{ ip: '192.0.2.2' }] }])
  t.equal((await resources.store(services).get(key)).revision, before[0], 'the service stays as it is')
})

t.test('the range of services is an object', async (t) => {
  const store = resources.store(serviceCIDRs)
  await bootstrapDefaultServiceCidr(resources, '10.96.0.0/16')
  const first = await store.get({ name: 'kubernetes' })
  t.match(first.object(), {
    spec: { cidrs: ['10.96.0.0/16'] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  })
  await bootstrapDefaultServiceCidr(resources, '10.97.0.0/16')
  t.equal((await store.get({ name: 'kubernetes' })).revision, first.revision, 'what is there stays')
})

t.test('default roles get back what is missing, and keep what was added', async (t) => {
  const store = resources.store(clusterRoles)
  const role = { name: 'system:discovery' }
  const added = { verbs: ['get'], nonResourceURLs: ['/extra'] }
  await store.update(role, (current) => {
    const changed = current ?? t.bailout('there is no such role')
    return { ...(changed as NonNullable<typeof current>), rules: [added] }
  })
  await bootstrap(resources)
  const { rules = [] } = (await store.get(role)).object()
  t.match(rules, [added])
  t.ok(rules.some(({ nonResourceURLs = [] }) => nonResourceURLs.includes('/apis')))
  const { revision } = await store.get(role)
  await bootstrap(resources)
  t.equal((await store.get(role)).revision, revision, 'a second start writes nothing')
})

t.test('a default role that its owner keeps as it is', async (t) => {
  const store = resources.store(clusterRoles)
  const role = { name: 'system:basic-user' }
  await store.update(role, (current) => {
    const changed = current as NonNullable<typeof current>
    const annotations = { ...changed.metadata.annotations, 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
    return { ...changed, metadata: { ...changed.metadata, annotations }, rules: [] }
  })
  await bootstrap(resources)
  t.same((await store.get(role)).object().rules ?? [], [])
})

t.test('the first address of a range', async (t) => {
  for (const [range, first] of [
    ['10.96.0.0/16', '10.96.0.1'],
    ['10.97.5.7/24', '10.97.5.1'],
    ['fd00::/108', 'fd00::1'],
  ] as const)
    t.equal(firstAddress(range), first, range)
})
