import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '@tandem/api/autoscaling/v2/types'
import t from 'tap'
import { normalize } from '../../src/autoscaling/normalize.ts'
import { ScalingHistory } from '../../src/autoscaling/scaling-history.ts'

const second = 1000
const minute = 60 * second
/** Long after the clock began. */
const now = 60 * minute

const upRules: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const downRules: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}
const rules = (scaleUp: HPAScalingRules = {}, scaleDown: HPAScalingRules = {}) => ({
  behavior: { scaleUp: { ...upRules, ...scaleUp }, scaleDown: { ...downRules, ...scaleDown } },
})
const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds })
const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds })

const rows: {
  name: string
  spec?: Partial<HorizontalPodAutoscalerSpec>
  current: number
  desired: number
  /** Replicas and how long ago. */
  recommended?: readonly [number, number][]
  /** From, to, and how long ago. */
  scaled?: readonly [number, number, number][]
  replicas: number
  able?: string
  limited: string
  isLimited?: true
}[] = [
  { name: 'as it is', current: 5, desired: 5, replicas: 5, limited: 'DesiredWithinRange' },
  { name: 'up', current: 5, desired: 8, replicas: 8, limited: 'DesiredWithinRange' },
  {
    name: 'no more than to the double at once',
    current: 5,
    desired: 15,
    replicas: 10,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  { name: 'or to four', current: 1, desired: 9, replicas: 4, limited: 'ScaleUpLimit', isLimited: true },
  {
    name: 'no more than the maximum',
    current: 15,
    desired: 25,
    replicas: 20,
    limited: 'TooManyReplicas',
    isLimited: true,
  },
  { name: 'no less than the minimum', current: 5, desired: 1, replicas: 2, limited: 'TooFewReplicas', isLimited: true },
  {
    name: 'down only when nothing higher was wanted for five minutes',
    current: 9,
    desired: 3,
    recommended: [
      [10, 6 * minute],
      [7, 4 * minute],
      [4, minute],
    ],
    replicas: 7,
    able: 'ScaleDownStabilized',
    limited: 'DesiredWithinRange',
  },
  {
    name: 'down when all of that is past',
    current: 9,
    desired: 3,
    recommended: [[10, 6 * minute]],
    replicas: 3,
    limited: 'DesiredWithinRange',
  },
  {
    name: 'rules: presets go up by four or to the double',
    spec: rules(),
    current: 3,
    desired: 20,
    replicas: 7,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: presets go down at once after the window',
    spec: rules(),
    current: 10,
    desired: 2,
    recommended: [[10, 6 * minute]],
    replicas: 2,
    limited: 'DesiredWithinRange',
  },
  {
    name: 'rules: the controller’s window where there is none for down',
    spec: rules(),
    current: 10,
    desired: 2,
    recommended: [[8, 4 * minute]],
    replicas: 8,
    able: 'ScaleDownStabilized',
    limited: 'DesiredWithinRange',
  },
  {
    name: 'rules: a window of none goes down at once',
    spec: rules({}, { stabilizationWindowSeconds: 0 }),
    current: 10,
    desired: 2,
    recommended: [[9, second]],
    replicas: 2,
    limited: 'DesiredWithinRange',
  },
  {
    name: 'rules: a window for up takes the lowest that was wanted in it',
    spec: rules({ stabilizationWindowSeconds: 60 }),
    current: 4,
    desired: 8,
    recommended: [
      [5, 30 * second],
      [7, 10 * second],
    ],
    replicas: 5,
    able: 'ScaleUpStabilized',
    limited: 'DesiredWithinRange',
  },
  {
    name: 'rules: up is off',
    spec: rules({ selectPolicy: 'Disabled' }),
    current: 4,
    desired: 8,
    replicas: 4,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: down is off',
    spec: rules({}, { selectPolicy: 'Disabled', stabilizationWindowSeconds: 0 }),
    current: 8,
    desired: 4,
    replicas: 8,
    limited: 'ScaleDownLimit',
    isLimited: true,
  },
  {
    name: 'rules: the policy that changes least',
    spec: rules({ selectPolicy: 'Min', policies: [pods(4), percent(20)] }),
    current: 10,
    desired: 20,
    replicas: 12,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: a small percentage of few is one',
    spec: rules({ policies: [percent(10)] }),
    current: 3,
    desired: 10,
    replicas: 4,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: what was added in the period counts',
    spec: rules({ policies: [pods(4)] }),
    current: 8,
    desired: 20,
    scaled: [
      [2, 5, 90 * second],
      [5, 8, 30 * second],
    ],
    replicas: 9,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: more was added than is allowed now: it waits',
    spec: rules({ policies: [pods(2)] }),
    current: 8,
    desired: 20,
    scaled: [[4, 8, 30 * second]],
    replicas: 8,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: what was taken in the period may come back',
    spec: rules({ policies: [pods(2)] }),
    current: 4,
    desired: 20,
    scaled: [[7, 4, 30 * second]],
    replicas: 9,
    limited: 'ScaleUpLimit',
    isLimited: true,
  },
  {
    name: 'rules: down by pods a minute',
    spec: rules({}, { stabilizationWindowSeconds: 0, policies: [pods(2)] }),
    current: 10,
    desired: 3,
    replicas: 8,
    limited: 'ScaleDownLimit',
    isLimited: true,
  },
  {
    name: 'rules: down by the policy that changes most',
    spec: rules({}, { stabilizationWindowSeconds: 0, policies: [pods(2), percent(50)] }),
    current: 10,
    desired: 3,
    replicas: 5,
    limited: 'ScaleDownLimit',
    isLimited: true,
  },
  {
    name: 'rules: the maximum',
    spec: rules(),
    current: 18,
    desired: 30,
    replicas: 20,
    limited: 'TooManyReplicas',
    isLimited: true,
  },
  {
    name: 'rules: the minimum',
    spec: rules({}, { stabilizationWindowSeconds: 0 }),
    current: 6,
    desired: 1,
    replicas: 2,
    limited: 'TooFewReplicas',
    isLimited: true,
  },
]
for (const row of rows)
  t.test(row.name, async (t) => {
    const first = (row.recommended ?? [])[0] ?? [1, 50 * minute]
    const history = new ScalingHistory(first[0], now - first[1])
    for (const [replicas, ago] of (row.recommended ?? []).slice(1))
      history.recommend(replicas, { now: now - ago, oldest: 0 })
    for (const [from, to, ago] of row.scaled ?? []) history.scaled(from, to, { now: now - ago, oldest: 0 })
    const found = normalize({
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 20, ...row.spec },
      minReplicas: 2,
      currentReplicas: row.current,
      desiredReplicas: row.desired,
      history,
      downscaleStabilizationMs: 5 * minute,
      now,
    })
    t.match(found, {
      replicas: row.replicas,
      able: { reason: row.able ?? 'ReadyForNewScale' },
      limited: { reason: row.limited, isLimited: row.isLimited ?? false },
    })
  })

t.test('a history keeps no more than is asked for', async (t) => {
  const history = new ScalingHistory(1, 0)
  for (let at = 0; at < 10_000; at++) history.recommend(at, { now: at, oldest: at - 10 })
  t.equal(history.recommendationsSince(-1).length, 11)
})
