import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger, systemClock } from '@tandem/component-base'
import t, { type Test } from 'tap'
import { DraDrivers } from '../../src/dynamic-resources/dra-drivers.ts'
import { DynamicResources } from '../../src/dynamic-resources/dynamic-resources.ts'
import { PreparedClaims } from '../../src/dynamic-resources/prepared-claims.ts'
import { FakeDriver } from './fake-driver.ts'

const until = async <T>(read: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 1000; tries++) {
    const value = read()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not happen')
}

const driver = 'gpu.example.com'
const claimFor = (...podUids: string[]): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { name: 'c', namespace: 'default', uid: 'uid-c', resourceVersion: '1', creationTimestamp: '' },
  spec: {},
  status: {
    allocation: { devices: { results: [{ request: 'r', driver, pool: 'n', device: 'a' }] } },
    reservedFor: podUids.map((uid) => ({ resource: 'pods', name: uid, uid })),
  },
})
const podOf = (uid: string): Pod =>
  ({
    metadata: { name: uid, namespace: 'default', uid },
    spec: { containers: [], resourceClaims: [{ name: 'gpu', resourceClaimName: 'c' }] },
  }) as unknown as Pod
const using = (request?: string) =>
  ({ name: 'main', resources: { claims: [{ name: 'gpu', ...(request && { request }) }] } }) as Container

async function setUp(t: Test, ...podUids: string[]) {
  const root = mkdtempSync(join(tmpdir(), 'dra-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const cdi = join(root, 'cdi')
  mkdirSync(cdi)
  const spec = {
    cdiVersion: '0.6.0',
    kind: 'example.com/gpu',
    devices: [{ name: 'a', containerEdits: { env: ['GPU=a'], deviceNodes: [{ path: '/dev/gpu0' }] } }],
  }
  writeFileSync(join(cdi, 'gpu.json'), JSON.stringify(spec))
  const client = new FakeClient()
  client.seed(resourceClaims, claimFor(...podUids))
  const directory = join(root, 'plugins_registry')
  const ending = new AbortController()
  const drivers = new DraDrivers({ directory, clock: systemClock, logger: silentLogger, signal: ending.signal })
  await drivers.start()
  t.teardown(() => ending.abort())
  const open = () =>
    new DynamicResources({
      client,
      drivers,
      prepared: new PreparedClaims(join(root, 'state')),
      logger: silentLogger,
      cdiDirectories: [cdi],
    })
  const registered = () =>
    until(() => {
      try {
        return drivers.get(driver)
      } catch {
        return undefined
      }
    })
  const newDriver = async (info = {}) => {
    const fake = new FakeDriver(join(directory, 'gpu.sock'), info)
    await fake.start()
    t.teardown(() => fake.stop())
    return fake
  }
  return { resources: open(), reopen: open, drivers, registered, newDriver }
}

t.test('a driver that registers makes devices ready, once for all pods, and cleans up after the last', async (t) => {
  const { resources, reopen, registered, newDriver } = await setUp(t, 'p', 'q')
  const fake = await newDriver()
  await registered()
  t.same(fake.told, [{ pluginRegistered: true, error: '' }])
  await Promise.all([resources.prepare(podOf('p')), resources.prepare(podOf('q'))])
  t.same(fake.prepared, ['c'])
  const given = {
    env: [{ name: 'GPU', value: 'a' }],
    mounts: [],
    devices: [{ hostPath: '/dev/gpu0', containerPath: '/dev/gpu0', permissions: 'rwm' }],
  }
  t.same(await resources.configure(podOf('p'), using()), given)
  t.same(await resources.configure(podOf('p'), using('r')), given)
  t.same((await resources.configure(podOf('p'), using('other'))).devices, [])
  t.same((await resources.configure(podOf('p'), { name: 'plain' } as Container)).devices, [])

  const later = reopen()
  t.same(await later.configure(podOf('q'), using()), given, 'it is known after a restart')
  later.retain(new Set(['q']))
  later.retain(new Set())
  await until(() => (fake.unprepared.length > 0 ? true : undefined))
  t.same(fake.unprepared, ['c'])
})

t.test('a pod whose devices nobody makes ready is not started', async (t) => {
  const { resources, registered, newDriver } = await setUp(t, 'p')
  await t.rejects(resources.prepare(podOf('p')), { message: 'DRA driver gpu.example.com is not registered' })
  const fake = await newDriver()
  await registered()
  fake.problem = 'no power'
  await t.rejects(resources.prepare(podOf('p')), {
    message: 'NodePrepareResources failed for ResourceClaim c: no power',
  })
  await t.rejects(resources.prepare(podOf('x')), { message: 'pod x (x) is not allowed to use ResourceClaim c (uid-c)' })
  fake.problem = ''
  await resources.prepare(podOf('p'))
  t.same(fake.prepared, ['c', 'c'])
})

t.test('a driver goes with its socket', async (t) => {
  const { drivers, registered, newDriver } = await setUp(t)
  const fake = await newDriver()
  await registered()
  fake.stop()
  await until(() => {
    try {
      drivers.get(driver)
      return undefined
    } catch {
      return true
    }
  })
})

t.test('a driver that comes again is told again', async (t) => {
  const { resources, registered, newDriver } = await setUp(t, 'p')
  const first = await newDriver()
  await registered()
  first.stop()
  const second = await newDriver()
  await until(() => second.told[0])
  await registered()
  await resources.prepare(podOf('p'))
  t.same([first.prepared, second.prepared], [[], ['c']])
})

t.test('one that speaks only another version is told so', async (t) => {
  const { newDriver } = await setUp(t)
  const fake = await newDriver({ supportedVersions: ['v9.DRAPlugin'] })
  t.match(await until(() => fake.told[0]), {
    pluginRegistered: false,
    error: /none of services supported by the plugin/,
  })
})
