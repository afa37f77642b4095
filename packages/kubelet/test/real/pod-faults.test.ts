import { pods } from '@tandem/api/core/v1/pod'
import type { ContainerStatus, Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness()
t.teardown(() => harness.stop())

const remove = (name: string, gracePeriodSeconds = 0) =>
  harness.client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds })
const shell = (script: string) => ({ name: 'main', image: harness.image, command: ['sh', '-c', script] })
const main = (pod: Pod): ContainerStatus | undefined => pod.status?.containerStatuses?.[0]
const messagesOf = async (name: string) =>
  (await harness.eventsOf(name)).map(({ reason, message }) => `${reason}: ${message}`)

t.test('a command that is not there', async (t) => {
  await harness.createPod('no-command', { containers: [{ name: 'main', image: harness.image, command: ['/nothing'] }] })
  await harness.waitFor('no-command', (pod) => main(pod)?.state?.waiting?.reason === 'RunContainerError')
  const pod = await harness.waitFor('no-command', (pod) => main(pod)?.state?.waiting?.reason === 'CrashLoopBackOff')
  t.match(main(pod)?.lastState?.terminated, { reason: 'ContainerCannotRun', exitCode: 127 })
  t.match(main(pod)?.lastState?.terminated?.message, /no such file or directory/)
  await remove('no-command')
})

t.test('a container that takes more memory than it may', async (t) => {
  const limited = { ...shell('x=x; while :; do x=$x$x; done'), resources: { limits: { memory: '16Mi' } } }
  await harness.createPod('greedy', { restartPolicy: 'Never', containers: [limited] })
  const pod = await harness.waitFor('greedy', ({ status }) => status?.phase === 'Failed')
  t.match(main(pod)?.state?.terminated, { reason: 'OOMKilled', exitCode: 137 })
  await remove('greedy')
})

t.test('a volume of something that is missing', async (t) => {
  await harness.createPod('no-volume', {
    volumes: [{ name: 'v', configMap: { name: 'absent' } }],
    containers: [{ ...shell('sleep 60'), volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  })
  const deadline = Date.now() + 5000
  const wanted = 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "absent" not found'
  while (Date.now() < deadline && !(await messagesOf('no-volume')).includes(wanted))
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok((await messagesOf('no-volume')).includes(wanted), (await messagesOf('no-volume')).join('\n'))
  t.match(main(await harness.pod('no-volume'))?.state?.waiting, { reason: 'ContainerCreating' })
  await remove('no-volume')
  await harness.waitForGone('no-volume', 5000)
})

t.test('a hostPath that is not what it should be', async (t) => {
  await harness.createPod('no-socket', {
    volumes: [{ name: 'v', hostPath: { path: '/etc/hosts', type: 'Socket' } }],
    containers: [{ ...shell('sleep 60'), volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  })
  const deadline = Date.now() + 5000
  const found = async () =>
    (await messagesOf('no-socket')).some((message) =>
      message.endsWith('hostPath type check failed: /etc/hosts is not a socket file'),
    )
  while (Date.now() < deadline && !(await found())) await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(await found())
  await remove('no-socket')
})

t.test('a postStart hook that fails', async (t) => {
  await harness.createPod('no-hook', {
    containers: [
      {
        ...shell('trap exit TERM; while :; do sleep 0.1; done'),
        lifecycle: { postStart: { exec: { command: ['false'] } } },
      },
    ],
  })
  await harness.waitFor(
    'no-hook',
    (pod) =>
      main(pod)?.state?.waiting?.reason === 'PostStartHookError' ||
      main(pod)?.state?.waiting?.reason === 'CrashLoopBackOff',
  )
  t.ok((await messagesOf('no-hook')).includes('FailedPostStartHook: PostStartHook failed'))
  await remove('no-hook')
})

t.test('a second, shorter deletion cuts the first short', async (t) => {
  await harness.createPod('stubborn', {
    terminationGracePeriodSeconds: 60,
    containers: [shell("trap '' TERM; while :; do sleep 1; done")],
  })
  await harness.waitFor('stubborn', isReady)
  await remove('stubborn', 60)
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal((await harness.pod('stubborn')).status?.phase, 'Running')
  await remove('stubborn', 1)
  await harness.waitForGone('stubborn', 5000)
})

t.test('a pod that was deleted by force leaves nothing', async (t) => {
  await harness.createPod('forced', {})
  await harness.waitFor('forced', isReady)
  await remove('forced')
  const deadline = Date.now() + 6000
  const left = async () => (await harness.containers()).filter(({ Names }) => Names[0]?.includes('_forced_'))
  while (Date.now() < deadline && (await left()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  t.same(await left(), [])
})

t.test('what was deleted while nobody looked is ended by the next kubelet', async (t) => {
  await harness.createPod('orphan', {})
  await harness.waitFor('orphan', isReady)
  await harness.kubelet.stop()
  await remove('orphan')
  await harness.restartKubelet()
  const deadline = Date.now() + 8000
  const left = async () => (await harness.containers()).filter(({ Names }) => Names[0]?.includes('_orphan_'))
  while (Date.now() < deadline && (await left()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  t.same(await left(), [])
})

t.test('a readiness probe goes on while the pod ends', async (t) => {
  await harness.createPod('draining', {
    terminationGracePeriodSeconds: 20,
    containers: [
      {
        ...shell("touch /tmp/ready; trap 'sleep 2; rm /tmp/ready; sleep 2; exit' TERM; while :; do sleep 0.1; done"),
        readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 },
      },
    ],
  })
  await harness.waitFor('draining', isReady)
  await remove('draining', 20)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  t.ok(isReady(await harness.pod('draining')), 'it serves on')
  await harness.waitFor('draining', (pod) => !isReady(pod), 5000)
  await harness.waitForGone('draining', 8000)
})

t.test("what others wrote over a pod's status is put right", async (t) => {
  await harness.createPod('marked', {})
  const pod = await harness.waitFor('marked', isReady)
  const conditions = [{ type: 'Ready', status: 'False' }]
  await harness.client.patch(
    pods,
    pod.metadata,
    { type: 'strategic', body: { status: { conditions } } },
    { subresource: 'status' },
  )
  t.ok(isReady(await harness.waitFor('marked', isReady, 5000)))
  await remove('marked')
})
