import { quotaEvaluatorOf } from '@tandem/api/core/v1/quota/evaluators'
import type { ResourceQuota } from '@tandem/api/core/v1/types'
import t from 'tap'
import { changesUsage } from '../../src/resource-quota/replenishment.ts'
import { isUnanswered, quotaStatus } from '../../src/resource-quota/usage.ts'

const quota = (hard: Record<string, string>, status?: ResourceQuota['status'], spec: object = {}) =>
  ({ metadata: { name: 'q' }, spec: { hard, ...spec }, status }) as unknown as ResourceQuota
const pod = (cpu: string, more: object = {}) => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }], ...more },
})
const counted = (resource: string, objects: object[]) => {
  const evaluator = quotaEvaluatorOf(resource)
  if (!evaluator) throw new Error(resource)
  return new Map([[evaluator, objects as never[]]])
}

t.test('usage is summed up, of what is limited alone', async (t) => {
  const status = quotaStatus(quota({ pods: '5', 'requests.cpu': '1' }), counted('/pods', [pod('100m'), pod('1')]), 0)
  t.same(status, { hard: { pods: '5', 'requests.cpu': '1' }, used: { pods: '2', 'requests.cpu': '1100m' } })
})

t.test('what is out of scope does not count, and none is zero', async (t) => {
  const terminating = quota({ pods: '5' }, undefined, { scopes: ['Terminating'] })
  const objects = counted('/pods', [pod('1'), pod('1', { activeDeadlineSeconds: 1 })])
  t.same(quotaStatus(terminating, objects, 0).used, { pods: '1' })
  t.same(quotaStatus(quota({ pods: '5' }), counted('/pods', []), 0).used, { pods: '0' })
})

t.test('what nobody can count keeps its amount; what is no longer limited goes', async (t) => {
  const before = { hard: { pods: '1' }, used: { pods: '1', 'count/widgets.example.com': '3' } }
  t.same(quotaStatus(quota({ 'count/widgets.example.com': '9' }, before), new Map(), 0).used, {
    'count/widgets.example.com': '3',
  })
})

const answers = [
  { name: 'new', quota: quota({ pods: '1' }), expected: true },
  { name: 'changed', quota: quota({ pods: '2' }, { hard: { pods: '1' }, used: { pods: '0' } }), expected: true },
  {
    name: 'the same in other words',
    quota: quota({ cpu: '1' }, { hard: { cpu: '1000m' }, used: { cpu: '0' } }),
    expected: false,
  },
]
for (const { name, quota, expected } of answers)
  t.test(`a quota that is ${name}`, async (t) => t.equal(isUnanswered(quota), expected))

const changes = [
  { name: 'a pod that got ready', resource: '/pods', change: { status: { phase: 'Running' } }, expected: false },
  { name: 'a pod that ended', resource: '/pods', change: { status: { phase: 'Failed' } }, expected: true },
  {
    name: 'a pod with a deadline',
    resource: '/pods',
    change: { spec: { containers: [], activeDeadlineSeconds: 1 } },
    expected: true,
  },
  {
    name: 'a Service with node ports',
    resource: '/services',
    change: { spec: { type: 'NodePort', ports: [{}] } },
    expected: true,
  },
  { name: 'a secret', resource: '/secrets', change: { data: {} }, expected: false },
]
for (const { name, resource, change, expected } of changes)
  t.test(`replenishment: ${name}`, async (t) => {
    const old = { metadata: {}, spec: { containers: [] } }
    t.equal(changesUsage(resource, { ...old, ...change } as never, old as never), expected)
  })
