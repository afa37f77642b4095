import type { Pod } from '@tandem/api/core/v1/types'
import { runtimeClasses } from '@tandem/api/node/v1/runtimeclass'
import t from 'tap'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness({ capacity: { cpu: '1' } })
t.teardown(() => harness.stop())

const asking = (cpu: string) => ({
  name: 'main',
  image: harness.image,
  command: ['sh', '-c', 'trap exit TERM; while :; do sleep 1 & wait; done'],
  resources: { requests: { cpu } },
})
const isFailed = ({ status }: Pod): boolean => status?.phase === 'Failed'
const eventOf = async (name: string, reason: string): Promise<string | undefined> => {
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline) {
    const found = (await harness.eventsOf(name)).find((event) => event.reason === reason)
    if (found) return found.message
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return undefined
}

t.test('a full node turns pods away, and makes room for a critical one', async (t) => {
  await harness.createPod('first', { containers: [asking('700m')] })
  await harness.createPod('small', { containers: [asking('100m')] })
  await Promise.all(['first', 'small'].map((name) => harness.waitFor(name, isReady)))
  await harness.createPod('second', { containers: [asking('700m')] })
  t.match((await harness.waitFor('second', isFailed)).status, {
    reason: 'OutOfcpu',
    message: "Node didn't have enough resource: cpu, requested: 700, used: 800, capacity: 1000",
  })
  await harness.createPod('critical', { priorityClassName: 'system-node-critical', containers: [asking('700m')] })
  await harness.waitFor('critical', isReady)
  const { status } = await harness.waitFor('first', isFailed)
  t.match(status, { reason: 'Preempting', message: 'Preempted in order to admit critical pod' })
  t.match(
    status?.conditions?.find(({ type }) => type === 'DisruptionTarget'),
    {
      status: 'True',
      reason: 'TerminationByKubelet',
      message: 'Pod was preempted by Kubelet to accommodate a critical pod.',
    },
  )
  t.ok(isReady(await harness.pod('small')))
})

t.test('a RuntimeClass names a runtime of the engine', async (t) => {
  for (const [name, handler] of [
    ['engine', 'docker'],
    ['unknown', 'no-such-runtime'],
  ] as const)
    await harness.client.create(runtimeClasses, { metadata: { name }, handler })
  await harness.createPod('classed', { runtimeClassName: 'engine' })
  await harness.waitFor('classed', isReady)
  await harness.createPod('unclassed', { runtimeClassName: 'unknown' })
  t.match(await eventOf('unclassed', 'FailedCreatePodSandBox'), /no-such-runtime/)
})

t.test('user namespaces are refused where the engine has none for a pod', async (t) => {
  await harness.createPod('mapped', { hostUsers: false })
  t.match(
    await eventOf('mapped', 'FailedCreatePodSandBox'),
    "can't set `spec.hostUsers: false`, runtime does not support user namespaces",
  )
})
