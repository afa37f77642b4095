import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { DeviceLedger } from '../../src/devices/device-ledger.ts'
import { decode, encode } from '../../src/devices/messages.ts'
import { container, podOf } from '../fixtures.ts'

const gpu = 'example.com/gpu'
const asking = (name: string, count: number, more = {}) =>
  container(name, { resources: { limits: { [gpu]: String(count) } }, ...more })
const pod = (uid: string, spec: Partial<Pod['spec']>) => podOf(spec, { uid, name: uid })
const withDevices = (...ids: string[]) => {
  const ledger = new DeviceLedger()
  ledger.setDevices(
    gpu,
    ids.map((ID) => ({ ID, health: ID.startsWith('sick') ? 'Unhealthy' : 'Healthy' })),
  )
  return ledger
}
const idsOf = (ledger: DeviceLedger, uid: string, name: string) => ledger.grantsOf(uid, name).flatMap(({ ids }) => ids)

t.test('devices are counted, the healthy ones apart', async (t) => {
  const ledger = withDevices('a', 'b', 'sick')
  t.same([ledger.amounts('all'), ledger.amounts('healthy')], [{ [gpu]: '3' }, { [gpu]: '2' }])
  ledger.setUnhealthy(gpu)
  t.same(ledger.amounts('healthy'), { [gpu]: '0' })
})

t.test('each device is given to one container, and given back', async (t) => {
  const ledger = withDevices('a', 'b', 'c')
  ledger.reserve(pod('one', { containers: [asking('x', 1), asking('y', 1)] }))
  t.same([idsOf(ledger, 'one', 'x'), idsOf(ledger, 'one', 'y')], [['a'], ['b']])
  const two = pod('two', { containers: [asking('x', 2)] })
  t.throws(() => ledger.reserve(two), {
    message: `requested number of devices unavailable for ${gpu}. Requested: 2, Available: 1`,
  })
  t.same(ledger.grants.length, 2, 'nothing is left of what failed')
  t.ok(ledger.retain(new Set(['two'])))
  ledger.reserve(two)
  t.same(idsOf(ledger, 'two', 'x'), ['a', 'b'])
  ledger.reserve(two)
  t.same(ledger.grants.length, 1, 'a pod is given its devices once')
})

t.test('a pod that gets only a part gets nothing', async (t) => {
  const ledger = withDevices('a', 'b')
  t.throws(() => ledger.reserve(pod('one', { containers: [asking('x', 1), asking('y', 2)] })))
  t.same(ledger.grants, [])
})

t.test('init containers hand their devices on, sidecars keep them', async (t) => {
  const ledger = withDevices('a', 'b')
  ledger.reserve(
    pod('one', {
      initContainers: [asking('first', 2), asking('side', 1, { restartPolicy: 'Always' })],
      containers: [asking('main', 1)],
    }),
  )
  t.same(
    ['first', 'side', 'main'].map((name) => idsOf(ledger, 'one', name)),
    [['a', 'b'], ['a'], ['b']],
  )
})

t.test('sick devices are given to nobody; resources without a plugin are not ours', async (t) => {
  const ledger = withDevices('sick')
  t.throws(() => ledger.reserve(pod('one', { containers: [asking('x', 1)] })), {
    message: `no healthy devices present; cannot allocate unhealthy devices ${gpu}`,
  })
  const foreign = container('x', { resources: { limits: { 'other.com/thing': '1' } } })
  ledger.reserve(pod('two', { containers: [foreign] }))
  t.same(ledger.grants, [])
})

t.test('messages are read as they are written; what is absent is empty', async (t) => {
  const request = { version: 'v1beta1', endpoint: 'a.sock', resourceName: gpu, options: { preStartRequired: true } }
  t.same(decode('RegisterRequest')(encode('RegisterRequest')(request)), request)
  t.same(decode('AllocateResponse')(Buffer.from([0x0a, 0x00])), {
    containers: [{ envs: [], mounts: [], devices: [], annotations: [], cdiDevices: [] }],
  })
  // `devices: {ID: "a", health: "Healthy"}` as protoc writes it.
  const bytes = Buffer.from('0a0c0a0161120748656 16c746879'.replaceAll(' ', ''), 'hex')
  t.same(decode('ListAndWatchResponse')(bytes), { devices: [{ ID: 'a', health: 'Healthy' }] })
})
