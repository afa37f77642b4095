import t from 'tap'
import type { QuotaEvaluator } from '../../../../src/core/v1/quota/evaluator.ts'
import { inScope } from '../../../../src/core/v1/quota/evaluator.ts'
import { quotaEvaluatorOf, resourcesOfQuota } from '../../../../src/core/v1/quota/evaluators.ts'
import { printResources } from '../../../../src/core/v1/resource-list.ts'

const now = Date.parse('2026-01-01T12:00:00Z')
const evaluatorOf = (resource: string) => quotaEvaluatorOf(resource) as QuotaEvaluator<never>
const container = (requests = {}, limits = {}, name = 'c') => ({ name, resources: { requests, limits } })

const usageRows = [
  {
    name: 'a pod',
    resource: '/pods',
    object: { metadata: {}, spec: { containers: [container({ cpu: '100m', memory: '1Gi' }, { cpu: '1' })] } },
    expected: {
      'count/pods': '1',
      pods: '1',
      cpu: '100m',
      'requests.cpu': '100m',
      memory: '1Gi',
      'requests.memory': '1Gi',
      'limits.cpu': '1',
    },
  },
  {
    name: 'a pod with extended resources and huge pages',
    resource: '/pods',
    object: {
      metadata: {},
      spec: { containers: [container({ 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi' })] },
    },
    expected: {
      'count/pods': '1',
      pods: '1',
      'requests.example.com/gpu': '2',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
    },
  },
  {
    name: 'a pod that ended',
    resource: '/pods',
    object: { metadata: {}, spec: { containers: [container({ cpu: '1' })] }, status: { phase: 'Succeeded' } },
    expected: { 'count/pods': '1' },
  },
  {
    name: 'a pod that should have gone',
    resource: '/pods',
    object: {
      metadata: { deletionTimestamp: '2026-01-01T11:59:00Z', deletionGracePeriodSeconds: 30 },
      spec: { containers: [container({ cpu: '1' })] },
    },
    expected: { 'count/pods': '1' },
  },
  {
    name: 'a Service with node ports',
    resource: '/services',
    object: { metadata: {}, spec: { type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] } },
    expected: { 'count/services': '1', services: '1', 'services.loadbalancers': '0', 'services.nodeports': '2' },
  },
  {
    name: 'a load balancer that asks for no node ports but one',
    resource: '/services',
    object: {
      metadata: {},
      spec: {
        type: 'LoadBalancer',
        allocateLoadBalancerNodePorts: false,
        ports: [{ port: 1 }, { port: 2, nodePort: 30001 }],
      },
    },
    expected: { 'count/services': '1', services: '1', 'services.loadbalancers': '1', 'services.nodeports': '1' },
  },
  {
    name: 'a claim of a class, in whole bytes',
    resource: '/persistentvolumeclaims',
    object: {
      metadata: {},
      spec: { storageClassName: 'gold', resources: { requests: { storage: '1500m' } } },
    },
    expected: {
      persistentvolumeclaims: '1',
      'count/persistentvolumeclaims': '1',
      'requests.storage': '2',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '2',
    },
  },
  {
    name: 'a resource claim with alternatives',
    resource: 'resource.k8s.io/resourceclaims',
    object: {
      metadata: {},
      spec: {
        devices: {
          requests: [
            { name: 'a', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } },
            {
              name: 'b',
              firstAvailable: [
                { name: 'x', deviceClassName: 'gpu', count: 1 },
                { name: 'y', deviceClassName: 'nic', allocationMode: 'All' },
              ],
            },
          ],
        },
      },
    },
    expected: {
      'count/resourceclaims.resource.k8s.io': '1',
      'gpu.deviceclass.resource.k8s.io/devices': '3',
      'nic.deviceclass.resource.k8s.io/devices': '32',
    },
  },
  {
    name: 'a secret',
    resource: '/secrets',
    object: { metadata: {} },
    expected: { 'count/secrets': '1', secrets: '1' },
  },
  {
    name: 'a deployment',
    resource: 'apps/deployments',
    object: { metadata: {} },
    expected: { 'count/deployments.apps': '1' },
  },
]
for (const { name, resource, object, expected } of usageRows)
  t.test(`uses: ${name}`, async (t) => {
    t.same(printResources(evaluatorOf(resource).usage(object as never, now)), expected)
  })

const pod = (spec: object) => ({ metadata: {}, spec: { containers: [container()], ...spec } })
const scopeRows = [
  { name: 'no scope', spec: {}, object: pod({}), expected: true },
  {
    name: 'with a deadline',
    spec: { scopes: ['Terminating'] },
    object: pod({ activeDeadlineSeconds: 5 }),
    expected: true,
  },
  { name: 'without', spec: { scopes: ['Terminating'] }, object: pod({}), expected: false },
  { name: 'best effort', spec: { scopes: ['BestEffort', 'NotTerminating'] }, object: pod({}), expected: true },
  {
    name: 'not best effort',
    spec: { scopes: ['NotBestEffort'] },
    object: pod({ containers: [container({ cpu: '1' })] }),
    expected: true,
  },
  ...(
    [
      ['In', ['high'], 'high', true],
      ['In', ['high'], 'low', false],
      ['In', ['high'], '', false],
      ['NotIn', ['high'], '', true],
      ['Exists', [], 'low', true],
      ['DoesNotExist', [], 'low', false],
    ] as const
  ).map(([operator, values, priorityClassName, expected]) => ({
    name: `priority ${operator} ${values} of ${priorityClassName || 'none'}`,
    spec: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] } },
    object: pod({ priorityClassName }),
    expected,
  })),
  {
    name: 'affinity across namespaces',
    spec: { scopes: ['CrossNamespacePodAffinity'] },
    object: pod({
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['b'], topologyKey: 'x' }] },
      },
    }),
    expected: true,
  },
]
for (const { name, spec, object, expected } of scopeRows)
  t.test(`scope: ${name}`, async (t) => {
    t.equal(inScope(evaluatorOf('/pods'), spec as never, object as never), expected)
  })

t.test('a quota on cpu obliges every container to say what it wants', async (t) => {
  const two = pod({ containers: [container({ cpu: '1' }, {}, 'a'), container({}, {}, 'b')] })
  const missing = (names: string[], object: object) => evaluatorOf('/pods').missing?.(names, object as never)
  t.equal(missing(['requests.cpu', 'limits.cpu', 'pods'], two), 'must specify limits.cpu for: a,b; requests.cpu for: b')
  t.equal(missing(['pods', 'requests.ephemeral-storage'], two), undefined)
  t.equal(missing(['cpu'], pod({ resources: { requests: { cpu: '1' } } })), undefined)
})

t.test('which resources a quota is about', async (t) => {
  t.same(
    resourcesOfQuota([
      'pods',
      'limits.cpu',
      'secrets',
      'count/jobs.batch',
      'count/widgets.example.com',
      'count/events',
    ]),
    ['/pods', '/secrets', 'batch/jobs', 'example.com/widgets'],
  )
  t.same(resourcesOfQuota(['gold.storageclass.storage.k8s.io/requests.storage']), ['/persistentvolumeclaims'])
})
