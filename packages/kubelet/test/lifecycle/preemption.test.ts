import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { Admission } from '../../src/lifecycle/admission.ts'
import { PodEvents } from '../../src/lifecycle/pod-events.ts'
import { podsToPreempt } from '../../src/lifecycle/preemption.ts'
import { container, nodeOf, podOf } from '../fixtures.ts'

const critical = 2_000_000_000
const pod = (name: string, requests: Record<string, string>, more: Partial<Pod['spec']> = {}) =>
  podOf({ containers: [container('main', { resources: { requests } })], ...more }, { name, uid: name })
const guaranteed = (name: string, cpu: string, memory = '1Mi') =>
  podOf(
    { containers: [container('main', { resources: { requests: { cpu, memory }, limits: { cpu, memory } } })] },
    { name, uid: name },
  )
const preemptor = pod('critical', { cpu: '1' }, { priority: critical })

const cases: { name: string; pods: Pod[]; missing: [string, number][]; chosen: string[] | undefined }[] = [
  { name: 'nothing is missing', pods: [pod('a', { cpu: '1' })], missing: [], chosen: [] },
  {
    name: 'one is enough: the one that fits best',
    pods: [pod('small', { cpu: '100m' }), pod('right', { cpu: '500m' }), pod('large', { cpu: '500m', memory: '1Gi' })],
    missing: [['cpu', 400]],
    chosen: ['right'],
  },
  {
    name: 'burstable before guaranteed',
    pods: [guaranteed('safe', '1'), pod('burst', { cpu: '1' })],
    missing: [['cpu', 1000]],
    chosen: ['burst'],
  },
  {
    name: 'a guaranteed one when the others do not do',
    pods: [guaranteed('safe', '1'), pod('burst', { cpu: '200m' })],
    missing: [['cpu', 1000]],
    chosen: ['safe'],
  },
  {
    name: 'pods themselves may be what there are too many of',
    pods: [podOf({}, { name: 'best-effort', uid: 'b' }), pod('burst', { cpu: '1' })],
    missing: [['pods', 1]],
    chosen: ['best-effort'],
  },
  {
    name: 'other critical pods are not touched',
    pods: [pod('other', { cpu: '4' }, { priority: critical })],
    missing: [['cpu', 1000]],
    chosen: undefined,
  },
]
for (const { name, pods, missing, chosen } of cases)
  t.test(name, async (t) => {
    t.same(
      podsToPreempt(preemptor, pods, new Map(missing))?.map(({ metadata }) => metadata.name),
      chosen,
    )
  })

function setUp(pods: Pod[]) {
  const ended: string[] = []
  const messages: string[] = []
  const events = new PodEvents({
    record: ({ reason, message }) => void messages.push(`${reason}: ${message}`),
    flush: async () => {},
  })
  const admission = new Admission({
    node: () => nodeOf(),
    allocatable: () => ({ cpu: '2', memory: '4Gi', pods: '10' }),
    pods: () => pods,
    allowedSysctls: [],
    isEnding: ({ metadata }) => ended.includes(metadata.name),
    preempt: ({ metadata }) => void ended.push(metadata.name),
    events,
    onPreemption: () => {},
  })
  return { admission, ended, messages }
}

t.test('a critical pod waits until those that are ended for it are gone', async (t) => {
  const pods = [pod('a', { cpu: '1500m' }), pod('b', { cpu: '300m' })]
  const { admission, ended, messages } = setUp(pods)
  t.equal(admission.admit(preemptor), 'waiting')
  t.same(ended, ['a'])
  t.same(messages, ['Preempting: Preempted in order to admit critical pod'])
  t.equal(admission.admit(preemptor), 'waiting')
  t.same(ended, ['a'], 'nobody else has to go')
  pods.shift()
  t.equal(admission.admit(preemptor), undefined)
})

t.test('a pod that is not critical is turned away', async (t) => {
  const { admission, ended } = setUp([pod('a', { cpu: '1500m' })])
  t.match(admission.admit(pod('b', { cpu: '1' })), { reason: 'OutOfcpu' })
  t.same(ended, [])
})

t.test('a critical pod that not even an empty node could take is turned away', async (t) => {
  const { admission, ended } = setUp([pod('a', { cpu: '1500m' })])
  t.same(admission.admit(pod('huge', { cpu: '3' }, { priority: critical })), {
    reason: 'UnexpectedAdmissionError',
    message:
      'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 2500), ]',
  })
  t.same(ended, [])
})
