import t from 'tap'
import {
  containerShouldRestart,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  setPodCondition,
} from '../../../src/core/v1/pod-conditions.ts'
import type { Container, Pod, PodSpec, PodStatus } from '../../../src/core/v1/types.ts'

const noon = Date.parse('2026-01-02T12:00:00Z')
const pod = (status: PodStatus, metadata: object = {}): Pod =>
  ({ metadata, spec: { containers: [] }, status }) as unknown as Pod
const ready = (since: string): PodStatus => ({
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
})

t.test('readiness', async (t) => {
  t.equal(isPodReady(pod(ready('2026-01-02T11:00:00Z'))), true)
  t.equal(isPodReady(pod({ conditions: [{ type: 'Ready', status: 'False' }] })), false)
  t.equal(isPodReady(pod({})), false)
})

t.test('availability is readiness for a while', async (t) => {
  t.equal(isPodAvailable(pod(ready('2026-01-02T11:59:50Z')), 0, noon), true)
  t.equal(isPodAvailable(pod(ready('2026-01-02T11:59:50Z')), 10, noon), true)
  t.equal(isPodAvailable(pod(ready('2026-01-02T11:59:51Z')), 10, noon), false)
})

t.test('ended and active', async (t) => {
  t.equal(isPodTerminal(pod({ phase: 'Failed' })), true)
  t.equal(isPodTerminal(pod({ phase: 'Running' })), false)
  t.equal(isPodActive(pod({ phase: 'Running' })), true)
  t.equal(isPodActive(pod({ phase: 'Running' }, { deletionTimestamp: '2026-01-02T11:59:50Z' })), false)
  t.equal(isPodActive(pod({ phase: 'Succeeded' })), false)
})

t.test('a condition keeps its transition time while its status stays', async (t) => {
  const status: PodStatus = {}
  setPodCondition(status, { type: 'Ready', status: 'False', reason: 'A' }, noon)
  setPodCondition(status, { type: 'Ready', status: 'False', reason: 'B' }, noon + 5000)
  t.strictSame(status.conditions, [
    { type: 'Ready', status: 'False', reason: 'B', lastTransitionTime: '2026-01-02T12:00:00Z' },
  ])
  setPodCondition(status, { type: 'Ready', status: 'True' }, noon + 5000)
  t.strictSame(status.conditions, [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-02T12:00:05Z' }])
})

const rule = (operator: string, ...values: number[]) => [{ action: 'Restart', exitCodes: { operator, values } }]
const restartRows: {
  name: string
  spec: Partial<PodSpec>
  container: Partial<Container>
  code: number
  expected: boolean
}[] = [
  { name: 'always', spec: { restartPolicy: 'Always' }, container: {}, code: 0, expected: true },
  { name: 'on failure, failed', spec: { restartPolicy: 'OnFailure' }, container: {}, code: 1, expected: true },
  { name: 'on failure, done', spec: { restartPolicy: 'OnFailure' }, container: {}, code: 0, expected: false },
  { name: 'never', spec: { restartPolicy: 'Never' }, container: {}, code: 1, expected: false },
  {
    name: 'the container’s own policy',
    spec: { restartPolicy: 'Never' },
    container: { restartPolicy: 'Always' },
    code: 0,
    expected: true,
  },
  {
    name: 'a rule for the code',
    spec: { restartPolicy: 'Never' },
    container: { restartPolicy: 'Never', restartPolicyRules: rule('In', 42) },
    code: 42,
    expected: true,
  },
  {
    name: 'a rule for other codes',
    spec: { restartPolicy: 'Never' },
    container: { restartPolicy: 'Never', restartPolicyRules: rule('NotIn', 42) },
    code: 42,
    expected: false,
  },
]

for (const { name, spec, container, code, expected } of restartRows)
  t.test(`restart: ${name}`, async (t) => {
    t.equal(containerShouldRestart({ containers: [], ...spec }, { name: 'c', ...container }, code), expected)
  })
