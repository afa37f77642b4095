import t from 'tap'
import { deployments } from '../../../src/apps/v1/deployment.ts'
import { created, faults, noon, row, selector, statusFaults, template, updateFaults } from '../../rules.ts'

const spec = { selector, template }

t.test('defaults', async (t) => {
  const { spec: filled, status } = created(deployments, { spec })
  t.match(filled, {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 } },
  })
  t.strictSame(status, {})
  t.equal(created(deployments, { spec: { ...spec, replicas: 0 } }).spec.replicas, 0, 'zero is a number of replicas')
  t.strictSame(
    created(deployments, { spec: { ...spec, strategy: { type: 'Recreate' } } }).spec.strategy,
    { type: 'Recreate' },
    'nothing rolls where all are recreated',
  )
})

const rows = [
  { name: 'a good one', spec, expected: [] },
  {
    name: 'a selector of other labels',
    spec: { selector: { matchLabels: { app: 'other' } }, template },
    expected: [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    name: 'an empty selector',
    spec: { selector: {}, template },
    expected: ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  },
  {
    name: 'an operator that does not exist',
    spec: { selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['web'] }] }, template },
    expected: [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Like","values":["web"]}]}: invalid label selector',
    ],
  },
  {
    name: 'no selector',
    spec: { template },
    expected: [
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    name: 'a strategy that does not exist',
    spec: { ...spec, strategy: { type: 'Sometimes' } },
    expected: [
      'spec.strategy: Unsupported value: {"Type":"Sometimes","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
  },
  {
    name: 'fewer than no replicas',
    spec: { ...spec, replicas: -1 },
    expected: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    name: 'pods that end',
    spec: { selector, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    expected: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  },
  {
    name: 'a rolling update with nowhere to roll',
    spec: { ...spec, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    expected: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  },
  {
    name: 'more than all unavailable',
    spec: { ...spec, strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
    expected: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  },
  {
    name: 'Recreate that rolls',
    spec: { ...spec, strategy: { type: 'Recreate', rollingUpdate: {} } },
    expected: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  },
  {
    name: 'a deadline before pods can be available',
    spec: { ...spec, minReadySeconds: 60, progressDeadlineSeconds: 60 },
    expected: ['spec.progressDeadlineSeconds: Invalid value: 60: must be greater than minReadySeconds'],
  },
]
for (const { name, spec, expected } of rows)
  t.test(name, async (t) => t.strictSame(faults(deployments, { spec }), expected))

t.test('the selector stays', async (t) => {
  const labels = { app: 'web', tier: 'front' }
  const to = { spec: { selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } } }
  t.strictSame(updateFaults(deployments, { from: { spec }, to }), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable',
  ])
})

t.test('a status adds up', async (t) => {
  const to = { replicas: 1, readyReplicas: 2, availableReplicas: 3 }
  t.strictSame(statusFaults(deployments, { spec: { spec }, from: { collisionCount: 2 }, to }), [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
    'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    'status.collisionCount: Invalid value: 0: cannot be decremented',
  ])
})

t.test('annotations are for the controller to observe', async (t) => {
  const old = created(deployments, { spec, metadata: { generation: 3 } })
  const same = structuredClone(old)
  deployments.prepareForUpdate?.(same, old)
  t.equal(same.metadata.generation, 3)
  const changed = structuredClone({ ...old, metadata: { ...old.metadata, annotations: { a: 'b' } } })
  deployments.prepareForUpdate?.(changed, old)
  t.equal(changed.metadata.generation, 4)
})

t.test('the table', async (t) => {
  const object = {
    ...created(deployments, { spec: { ...spec, replicas: 3 } }),
    status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
  }
  t.strictSame(row(deployments, object, noon), {
    Name: 'web',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 1,
    Age: '10m',
    Containers: 'web',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  })
})

t.test('a name that no host can have is warned of', async (t) => {
  const object = created(deployments, { spec, metadata: { name: 'web.example' } })
  t.match(deployments.warnings?.(object), [/^metadata.name: this is used in Pod names and hostnames/])
  t.strictSame(deployments.warnings?.(object, object), [], 'once')
})
