import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { deviceClasses } from '@tandem/api/resource/v1/deviceclass'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceSlices } from '@tandem/api/resource/v1/resourceslice'
import type { DeviceClaim, ResourceClaim } from '@tandem/api/resource/v1/types'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import t, { type Test } from 'tap'
import { type PodFixture, podOf } from '../objects.ts'
import { runScheduler, until } from '../running.ts'
import { claim, deviceClass, driver, podWithClaims, slice } from './objects.ts'

const wanted: DeviceClaim = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 1 } }] }
const finalizer = 'resource.kubernetes.io/delete-protection'

async function setUp(t: Test, seed: { pods: PodFixture[]; claims: ResourceClaim[]; devices: string[] }) {
  const objects: [ResourceDefinition<never>, KubernetesObject][] = [
    [deviceClasses, deviceClass('gpu')],
    [resourceSlices, slice({ name: 's', devices: seed.devices })],
    ...seed.claims.map((one): [ResourceDefinition<never>, KubernetesObject] => [resourceClaims, one]),
  ]
  const running = await runScheduler(t, { nodes: [{ name: 'n' }], pods: seed.pods, objects })
  const claimNow = (name: string) => running.client.get(resourceClaims, { namespace: 'default', name })
  const isOpen = async (name: string) => (await running.pod(name)).spec.nodeName === undefined
  return { ...running, claimNow, isOpen }
}

const devicesOf = ({ status }: ResourceClaim) =>
  (status?.allocation?.devices?.results ?? []).map(({ device }) => device)

t.test('the claim says which devices it has and for whom, before the pod is bound', async (t) => {
  const { bound, claimNow, client, pod } = await setUp(t, {
    pods: [podWithClaims('c')],
    claims: [claim('c', wanted)],
    devices: ['a'],
  })
  t.equal(await bound('p'), 'n')
  t.match(await claimNow('c'), {
    metadata: { finalizers: [finalizer] },
    status: {
      allocation: {
        devices: { results: [{ request: 'r', driver, pool: 's', device: 'a' }] },
        nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ values: ['n'] }] }] },
        allocationTimestamp: /Z$/,
      },
      reservedFor: [{ resource: 'pods', name: 'p', uid: (await pod('p')).metadata.uid }],
    },
  })
  const writes = client.actions.filter(
    ({ resource, verb }) => resource.startsWith('resourceclaims') && verb === 'update',
  )
  t.same(
    writes.map(({ resource }) => resource),
    ['resourceclaims', 'resourceclaims/status'],
    'the finalizer is there before the devices are',
  )
})

t.test('no device is given twice, however fast pods come', async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `${index}`)
  const { bound, claimNow, condition } = await setUp(t, {
    pods: names.map((name) => ({ ...podWithClaims(`c${name}`), name: `p${name}` })),
    claims: names.map((name) => claim(`c${name}`, wanted)),
    devices: names.slice(1).map((name) => `d${name}`),
  })
  const settled = await Promise.all(names.map((name) => Promise.race([bound(`p${name}`), condition(`p${name}`)])))
  const devices = (await Promise.all(names.map((name) => claimNow(`c${name}`)))).flatMap(devicesOf)
  t.equal(new Set(devices).size, devices.length)
  const waiting = settled.filter((outcome) => typeof outcome !== 'string')
  t.equal(waiting.length, 1, 'one of them waits')
  t.match(waiting[0], { message: /1 cannot allocate all claims/ })
})

t.test('a claim is shared', async (t) => {
  const { bound, claimNow } = await setUp(t, {
    pods: [podWithClaims('c'), { ...podWithClaims('c'), name: 'q' }],
    claims: [claim('c', wanted)],
    devices: ['a'],
  })
  await Promise.all([bound('p'), bound('q')])
  const { status } = await claimNow('c')
  t.same(status?.reservedFor?.map(({ name }) => name).sort(), ['p', 'q'])
})

t.test('a pod waits for a device, and gets it when it is given back', async (t) => {
  const { bound, client, claimNow, condition } = await setUp(t, {
    pods: [podWithClaims('c')],
    claims: [
      claim('c', wanted),
      claim('x', wanted, { allocation: { devices: { results: [{ request: 'r', driver, pool: 's', device: 'a' }] } } }),
    ],
    devices: ['a'],
  })
  t.match(await condition('p'), { reason: 'Unschedulable', message: /cannot allocate all claims/ })
  await client.update(resourceClaims, { ...(await claimNow('x')), status: {} }, { subresource: 'status' })
  t.equal(await bound('p'), 'n')
  t.same(devicesOf(await claimNow('c')), ['a'])
})

t.test('a pod waits for its claim before it is looked at, and for the name of one made by template', async (t) => {
  const byTemplate: PodFixture = { name: 'q', resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] }
  const { bound, client, claimNow, isOpen, pod } = await setUp(t, {
    pods: [podWithClaims('c'), byTemplate, { name: 'other' }],
    claims: [],
    devices: ['a', 'b'],
  })
  await bound('other')
  t.ok((await isOpen('p')) && (await isOpen('q')))
  t.notOk((await pod('p')).status?.conditions, 'nothing is said of a pod that was not looked at')
  await client.create(resourceClaims, claim('c', wanted))
  t.equal(await bound('p'), 'n')
  const { uid } = (await pod('q')).metadata
  const made = claim('q-gpu', wanted)
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'q', uid, controller: true }
  await client.create(resourceClaims, { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } })
  const status = { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'q-gpu' }] }
  await client.patch(
    pods,
    { namespace: 'default', name: 'q' },
    { type: 'merge', body: { status } },
    { subresource: 'status' },
  )
  t.equal(await bound('q'), 'n')
  t.equal(devicesOf(await claimNow('q-gpu')).length, 1)
})

t.test('devices that cannot be used are given back and chosen anew', async (t) => {
  const elsewhere = {
    allocation: {
      devices: { results: [{ request: 'r', driver, pool: 'old', device: 'z' }] },
      nodeSelector: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: ['gone'] }] }],
      },
    },
  }
  const { bound, claimNow } = await setUp(t, {
    pods: [podWithClaims('c')],
    claims: [claim('c', wanted, elsewhere)],
    devices: ['a'],
  })
  t.equal(await bound('p'), 'n')
  t.same(devicesOf(await claimNow('c')), ['a'])
})

t.test('where binding fails, the reservation is taken back', async (t) => {
  const { client, claimNow, bound } = await setUp(t, { pods: [], claims: [claim('c', wanted)], devices: ['a'] })
  let failures = 0
  const bind = client.createSubresource.bind(client)
  client.createSubresource = async (...args) => {
    if (args[2] === 'binding' && failures++ === 0) throw new Error('the server is on fire')
    return bind(...args)
  }
  const pod: Pod = podOf(podWithClaims('c'))
  await client.create(pods, pod)
  const patch = await until(async () =>
    client.actions.find(({ verb, resource }) => verb === 'patch' && resource === 'resourceclaims/status'),
  )
  t.ok(patch, 'taken out of who uses it')
  t.equal(await bound('p'), 'n', 'and bound at the next attempt')
  const { status } = await claimNow('c')
  t.equal(status?.reservedFor?.length, 1)
})

t.test('devices that have to be brought to the node are waited for', async (t) => {
  const conditional = { name: 'a', bindingConditions: ['ready'], bindsToNode: true }
  const { client, pod, bound, claimNow, eventsOf } = await runWith(t, conditional)
  await until(async () => (await eventsOf('p')).find(({ reason }) => reason === 'BindingConditionsPending'))
  t.equal((await pod('p')).spec.nodeName, undefined)
  const now = await claimNow()
  const ready = {
    type: 'ready',
    status: 'True' as const,
    reason: 'Ready',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  const devices = [{ driver, pool: 's', device: 'a', conditions: [ready] }]
  await client.update(resourceClaims, { ...now, status: { ...now.status, devices } }, { subresource: 'status' })
  t.equal(await bound('p'), 'n')
})

async function runWith(t: Test, device: NonNullable<Parameters<typeof slice>[0]['devices']>[number]) {
  const objects: [ResourceDefinition<never>, KubernetesObject][] = [
    [deviceClasses, deviceClass('gpu')],
    [resourceSlices, slice({ name: 's', allNodes: true, devices: [device] })],
    [resourceClaims, claim('c', wanted)],
  ]
  const running = await runScheduler(t, { nodes: [{ name: 'n' }], pods: [podWithClaims('c')], objects })
  return { ...running, claimNow: () => running.client.get(resourceClaims, { namespace: 'default', name: 'c' }) }
}
