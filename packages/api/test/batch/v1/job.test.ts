import t from 'tap'
import { jobs } from '../../../src/batch/v1/job.ts'
import { created, faults, noon, row, statusFaults, updateFaults } from '../../rules.ts'

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'pi', image: 'perl' }] } }
const spec = { template }
const uid = 'f3c1a5de-2f3a-4a57-9b8a-0c7f6d1b2e3f'

t.test('defaults, and labels by which its pods are found', async (t) => {
  t.match(created(jobs, { spec }).spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: {
      metadata: {
        labels: {
          'job-name': 'web',
          'batch.kubernetes.io/job-name': 'web',
          'controller-uid': uid,
          'batch.kubernetes.io/controller-uid': uid,
        },
      },
    },
  })
  t.strictSame(Object.keys(created(jobs, { spec }).metadata.labels ?? {}).length, 4, 'it is labelled as its pods are')
  const queue = created(jobs, { spec: { ...spec, parallelism: 3 } }).spec
  t.equal(queue.completions, undefined, 'a work queue has no number of completions')
})

const indexed = { ...spec, completionMode: 'Indexed', completions: 3 }
const rows = [
  { name: 'good', spec, expected: [] },
  {
    name: 'pods that never end',
    spec: { template: { spec: { ...template.spec, restartPolicy: undefined } } },
    expected: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    name: 'indexed without a number',
    spec: { ...spec, completionMode: 'Indexed', parallelism: 1 },
    expected: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    name: 'a limit per index without indexes',
    spec: { ...spec, backoffLimitPerIndex: 1 },
    expected: ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  },
  {
    name: 'a manager without a domain',
    spec: { ...spec, managedBy: 'me' },
    expected: ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
  },
  {
    name: 'a failure policy of disordered exit codes',
    spec: {
      ...spec,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [2, 0] } }] },
    },
    expected: [
      'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0]: must be ordered',
    ],
  },
  {
    name: 'a success policy beyond the last index',
    spec: { ...indexed, successPolicy: { rules: [{ succeededIndexes: '0-3' }] } },
    expected: [
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-3": error parsing succeededIndexes: too large index: "3"',
    ],
  },
]
for (const { name, spec, expected } of rows) t.test(name, async (t) => t.strictSame(faults(jobs, { spec }), expected))

t.test('what may change', async (t) => {
  const from = {
    spec: {
      ...spec,
      manualSelector: true,
      selector: { matchLabels: { a: 'b' } },
      template: { ...template, metadata: { labels: { a: 'b' } } },
    },
  }
  const parallel = { spec: { ...from.spec, parallelism: 4, completions: 1 } }
  t.strictSame(updateFaults(jobs, { from, to: parallel }), [])
  const more = { spec: { ...from.spec, completions: 4 } }
  t.strictSame(updateFaults(jobs, { from, to: more }), ['spec.completions: Invalid value: 4: field is immutable'])
  const image = structuredClone(from)
  for (const container of image.spec.template.spec.containers) container.image = 'perl:5'
  t.match(updateFaults(jobs, { from, to: image }), [/^spec.template: Invalid value: .*: field is immutable$/])
})

t.test('a suspended job may still be told where to run', async (t) => {
  const labels = { a: 'b' }
  const from = {
    spec: {
      suspend: true,
      manualSelector: true,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    },
  }
  const to = structuredClone(from) as { spec: typeof from.spec & { template: { spec: { nodeSelector?: object } } } }
  to.spec.template.spec.nodeSelector = { disk: 'ssd' }
  t.strictSame(updateFaults(jobs, { from, to }), [])
})

t.test('a finished job stays so', async (t) => {
  const at = '2026-01-02T03:04:05Z'
  const conditions = [
    { type: 'SuccessCriteriaMet', status: 'True' },
    { type: 'Complete', status: 'True' },
  ]
  const finished = { startTime: at, completionTime: at, succeeded: 1, conditions }
  t.strictSame(statusFaults(jobs, { spec: { spec }, from: { startTime: at }, to: finished }), [])
  t.strictSame(statusFaults(jobs, { spec: { spec }, from: finished, to: { startTime: at, succeeded: 1 } }), [
    'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
    'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
  ])
  const early = { startTime: at, conditions: [{ type: 'Complete', status: 'True' }] }
  t.strictSame(statusFaults(jobs, { spec: { spec }, from: { startTime: at }, to: early }), [
    'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    'status.completionTime: Required value: completionTime is required for Complete jobs',
  ])
})

t.test('the table', async (t) => {
  const object = {
    ...created(jobs, { spec }),
    status: {
      startTime: '2026-01-02T03:04:05Z',
      succeeded: 1,
      conditions: [{ type: 'Complete', status: 'True' }],
      completionTime: '2026-01-02T03:05:05Z',
    },
  }
  t.match(row(jobs, object, noon), { Status: 'Complete', Completions: '1/1', Duration: '60s', Age: '10m' })
})
