import t from 'tap'
import { podLimits, podRequests } from '../../../src/core/v1/pod-resources.ts'
import { computeQOSClass } from '../../../src/core/v1/qos-class.ts'
import { printResources } from '../../../src/core/v1/resource-list.ts'
import type { Pod } from '../../../src/core/v1/types.ts'

const pod = (spec: object, status: object = {}): Pod =>
  ({ metadata: { name: 'p' }, spec: { containers: [], ...spec }, status }) as unknown as Pod
const asks = (cpu: string, memory?: string) => ({ requests: memory ? { cpu, memory } : { cpu } })
const container = (resources: object, more: object = {}) => ({ name: 'c', resources, ...more })
const sidecar = { restartPolicy: 'Always' }

const requestRows = [
  {
    name: 'containers add up',
    spec: { containers: [container(asks('100m', '1Gi')), container(asks('1', '512Mi'))] },
    expected: { cpu: '1100m', memory: '1536Mi' },
  },
  {
    name: 'an init container that needs more than all containers',
    spec: {
      containers: [container(asks('100m')), container(asks('100m'))],
      initContainers: [container(asks('1')), container(asks('2'))],
    },
    expected: { cpu: '2' },
  },
  {
    name: 'a sidecar runs beside all',
    spec: { containers: [container(asks('100m'))], initContainers: [container(asks('50m'), sidecar)] },
    expected: { cpu: '150m' },
  },
  {
    name: 'an init container runs beside the sidecars before it',
    spec: {
      containers: [container(asks('100m'))],
      initContainers: [container(asks('1')), container(asks('50m'), sidecar), container(asks('1'))],
    },
    expected: { cpu: '1050m' },
  },
  {
    name: 'the runtime class adds its overhead',
    spec: { containers: [container(asks('100m'))], overhead: { cpu: '10m', memory: '1Mi' } },
    expected: { cpu: '110m', memory: '1Mi' },
  },
  {
    name: 'the pod’s own go before its containers’',
    spec: { containers: [container({ requests: { cpu: '1', 'example.com/gpu': '1' } })], resources: asks('3') },
    expected: { cpu: '3', 'example.com/gpu': '1' },
  },
]

for (const { name, spec, expected } of requestRows)
  t.test(`requests: ${name}`, async (t) => {
    t.strictSame(printResources(podRequests(pod(spec))), expected)
  })

t.test('overhead can be left out', async (t) => {
  const requests = podRequests(pod({ containers: [container(asks('1'))], overhead: { cpu: '1' } }), {
    overhead: 'excluded',
  })
  t.strictSame(printResources(requests), { cpu: '1' })
})

t.test('overhead is only added to what is limited', async (t) => {
  const spec = { containers: [container({ limits: { cpu: '1' } })], overhead: { cpu: '10m', memory: '1Mi' } }
  t.strictSame(printResources(podLimits(pod(spec))), { cpu: '1010m' })
})

t.test('what is not requested can be taken for something', async (t) => {
  const spec = { containers: [container({}), container(asks('1'))] }
  t.strictSame(printResources(podRequests(pod(spec), { nonMissing: { cpu: '100m' } })), { cpu: '1100m' })
})

t.test('while a resize is under way the larger amount counts', async (t) => {
  const status = {
    containerStatuses: [{ name: 'c', resources: { requests: { cpu: '2' } }, allocatedResources: { cpu: '3' } }],
  }
  const resized = pod({ containers: [container(asks('1'))] }, status)
  t.strictSame(printResources(podRequests(resized)), { cpu: '1' })
  t.strictSame(printResources(podRequests(resized, { resizes: 'counted' })), { cpu: '3' })
})

const equal = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }
const classRows = [
  { name: 'nothing asked for', spec: { containers: [container({})] }, expected: 'BestEffort' },
  {
    name: 'only other resources',
    spec: { containers: [container({ limits: { 'example.com/gpu': '1' } })] },
    expected: 'BestEffort',
  },
  { name: 'zero is nothing', spec: { containers: [container({ requests: { cpu: '0' } })] }, expected: 'BestEffort' },
  { name: 'limits equal to requests', spec: { containers: [container(equal)] }, expected: 'Guaranteed' },
  {
    name: 'equal, written differently',
    spec: { containers: [container({ requests: { cpu: '1000m', memory: '1024Mi' }, limits: equal.limits })] },
    expected: 'Guaranteed',
  },
  { name: 'one container without', spec: { containers: [container(equal), container({})] }, expected: 'Burstable' },
  {
    name: 'an init container without',
    spec: { containers: [container(equal)], initContainers: [container({})] },
    expected: 'Burstable',
  },
  {
    name: 'a request below its limit',
    spec: { containers: [container({ ...equal, requests: { cpu: '500m', memory: '1Gi' } })] },
    expected: 'Burstable',
  },
  { name: 'the pod’s own', spec: { containers: [container({})], resources: equal }, expected: 'Guaranteed' },
]

for (const { name, spec, expected } of classRows)
  t.test(`QoS class: ${name}`, async (t) => {
    t.equal(computeQOSClass(pod(spec)), expected)
  })
