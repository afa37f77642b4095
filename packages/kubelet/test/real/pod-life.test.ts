import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { pods } from '@tandem/api/core/v1/pod'
import t from 'tap'
import { isReady, isRunning, startHarness } from './harness.ts'

const run = promisify(execFile)
const harness = await startHarness()
const kubeconfig = await harness.server.kubeconfig()
const kubectl = async (...args: string[]): Promise<string> =>
  (await run('kubectl', ['--kubeconfig', kubeconfig, ...args], { timeout: 20_000 })).stdout
const remove = (name: string) => harness.client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 })
const shell = (script: string) => ({ name: 'main', image: harness.image, command: ['sh', '-c', script] })
t.teardown(() => harness.stop())

t.test('a pod runs, is ready, and is gone when it is deleted', async (t) => {
  const startedAt = performance.now()
  await harness.createPod('simple', {})
  const pod = await harness.waitFor('simple', isReady)
  t.comment(`ready after ${Math.round(performance.now() - startedAt)} ms`)
  t.equal(pod.status?.phase, 'Running')
  t.match(pod.status?.podIP, /^10\.222\./)
  const [status] = pod.status?.containerStatuses ?? []
  t.match(status, { ready: true, started: true, restartCount: 0, image: harness.image })
  t.match(status?.containerID, /^docker:\/\/[0-9a-f]{64}$/)
  const reasons = (await harness.eventsOf('simple')).map(({ reason, message }) => `${reason}: ${message}`)
  t.same(reasons, [
    `Pulled: Container image "${harness.image}" already present on machine and can be accessed by the pod`,
    'Created: Container created',
    'Started: Container started',
  ])
  await harness.client.delete(pods, { namespace: 'default', name: 'simple' })
  await harness.waitForGone('simple')
  t.same(await harness.containers(), [])
})

t.test('kubectl reads logs, runs commands, copies, attaches and forwards ports', async (t) => {
  await harness.createPod('served', {
    containers: [
      shell(
        'echo one; echo two >&2; echo three; cd /tmp; httpd -p 127.0.0.1:8080; trap exit TERM; while :; do sleep 1 & wait; done',
      ),
    ],
  })
  await harness.waitFor('served', isReady)
  t.equal((await kubectl('logs', 'served')).split('\n').toSorted().join(), ['', 'one', 'three', 'two'].join())
  t.match(await kubectl('logs', 'served', '--tail=1'), /^\w+\n$/)
  t.match(await kubectl('logs', 'served', '--timestamps', '--limit-bytes=10'), /^\d{4}-\d\d-\d\d$/)
  t.equal(await kubectl('exec', 'served', '--', 'echo', 'hello'), 'hello\n')
  await t.rejects(kubectl('exec', 'served', '--', 'sh', '-c', 'exit 7'), { code: 7 })
  const forward = execFile('kubectl', ['--kubeconfig', kubeconfig, 'port-forward', 'served', ':8080'])
  const line = await new Promise<string>((resolve) => forward.stdout?.once('data', (data) => resolve(String(data))))
  const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1]
  t.equal(await (await fetch(`http://127.0.0.1:${port}/index.html`)).text(), 'hello from the pod\n')
  forward.kill()
  const echo = execFile('kubectl', ['--kubeconfig', kubeconfig, 'exec', '-i', 'served', '--', 'cat'])
  let echoed = ''
  echo.stdout?.on('data', (data) => {
    echoed += data
  })
  echo.stdin?.end('through and back\n')
  await new Promise((resolve) => echo.once('close', resolve))
  t.equal(echoed, 'through and back\n')
  const local = `${harness.options.rootDir}/copied.html`
  await kubectl('cp', 'served:/tmp/index.html', local)
  t.equal(await readFile(local, 'utf8'), 'hello from the pod\n')
  await kubectl('cp', local, 'served:/tmp/back.html')
  t.equal(await kubectl('exec', 'served', '--', 'cat', '/tmp/back.html'), 'hello from the pod\n')
  await remove('served')
})

t.test('what is typed into an attached container reaches it, once', async (t) => {
  await harness.createPod('typed', {
    restartPolicy: 'Never',
    containers: [{ ...shell('cat; echo the end'), stdin: true, stdinOnce: true }],
  })
  await harness.waitFor('typed', isReady)
  const attached = execFile('kubectl', ['--kubeconfig', kubeconfig, 'attach', '-i', 'typed'])
  let heard = ''
  attached.stdout?.on('data', (data) => {
    heard += data
  })
  attached.stdin?.end('one\ntwo\n')
  await new Promise((resolve) => attached.once('close', resolve))
  t.equal(heard, 'one\ntwo\nthe end\n')
  await harness.waitFor('typed', ({ status }) => status?.phase === 'Succeeded')
  await remove('typed')
})

t.test('a terminal has a size, and logs are followed to their end', async (t) => {
  await harness.createPod('terminal', {
    restartPolicy: 'Never',
    containers: [{ ...shell('for i in 1 2 3; do echo $i; sleep 0.3; done') }],
  })
  await harness.waitFor('terminal', isRunning)
  t.equal(await kubectl('logs', '-f', 'terminal'), '1\n2\n3\n')
  await remove('terminal')
  await harness.createPod('typing', {})
  await harness.waitFor('typing', isReady)
  const script = `stty size; exit 5`
  const terminal = run(
    'script',
    ['-qec', `kubectl --kubeconfig ${kubeconfig} exec -it typing -- sh -c '${script}'`, '/dev/null'],
    { timeout: 10_000 },
  )
  await t.rejects(terminal, { code: 5 })
  await remove('typing')
})

t.test('a container that ends is restarted, with backoff from the second time on', async (t) => {
  await harness.createPod('crashing', { containers: [shell('echo last words > /dev/termination-log; exit 3')] })
  const pod = await harness.waitFor(
    'crashing',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
  )
  const [status] = pod.status?.containerStatuses ?? []
  t.equal(status?.restartCount, 1)
  t.match(status?.state?.waiting?.message, /^back-off 10s restarting failed container=main pod=crashing_default\(/)
  t.match(status?.lastState?.terminated, { exitCode: 3, reason: 'Error', message: 'last words\n' })
  t.equal(pod.status?.phase, 'Running')
  t.match(await kubectl('logs', 'crashing', '--previous'), '')
  const reasons = (await harness.eventsOf('crashing')).map(({ reason }) => reason)
  t.ok(reasons.includes('BackOff'))
  await remove('crashing')
})

const endings = [
  { name: 'succeeds', script: 'exit 0', phase: 'Succeeded', reason: 'Completed' },
  { name: 'fails', script: 'exit 1', phase: 'Failed', reason: 'Error' },
] as const
for (const { name, script, phase, reason } of endings) {
  t.test(`a pod that runs once ${name}`, async (t) => {
    await harness.createPod(`once-${name}`, { restartPolicy: 'Never', containers: [shell(script)] })
    const pod = await harness.waitFor(`once-${name}`, ({ status }) => status?.phase === phase)
    t.equal(pod.status?.containerStatuses?.[0]?.state?.terminated?.reason, reason)
    await remove(`once-${name}`)
  })
}

t.test('an image that is not there ends in the waiting reasons of upstream', async (t) => {
  const image = `127.0.0.1:1/${harness.tag}/nothing:1`
  await harness.createPod('pulling', { containers: [{ name: 'main', image }] })
  await harness.createPod('never', { containers: [{ name: 'main', image, imagePullPolicy: 'Never' }] })
  await harness.waitFor(
    'pulling',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull',
  )
  const pod = await harness.waitFor(
    'pulling',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
  )
  t.match(
    pod.status?.containerStatuses?.[0]?.state?.waiting?.message,
    `Back-off pulling image "${image}": ErrImagePull: `,
  )
  t.equal(pod.status?.phase, 'Pending')
  await harness.waitFor(
    'never',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull',
  )
  const reasons = (await harness.eventsOf('pulling')).map(({ reason, message }) => `${reason}: ${message}`)
  t.ok(reasons.includes(`Pulling: Pulling image "${image}"`), reasons.join('\n'))
  t.ok(reasons.includes(`BackOff: Back-off pulling image "${image}"`))
  t.ok(reasons.includes('Failed: Error: ErrImagePull'))
  await Promise.all([remove('pulling'), remove('never')])
})

t.test('a restarted kubelet adopts what runs', async (t) => {
  await harness.createPod('adopted', {})
  const before = await harness.waitFor('adopted', isReady)
  await harness.restartKubelet()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = await harness.waitFor('adopted', isReady)
  t.equal(after.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID)
  t.equal(after.status?.podIP, before.status?.podIP)
  t.equal((await harness.containers()).filter(({ Names }) => Names[0]?.includes('adopted')).length, 2)
  await remove('adopted')
})

t.test('init containers run in turn, a sidecar beside, before the others', async (t) => {
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }]
  await harness.createPod('initialized', {
    volumes: [{ name: 'shared', emptyDir: {} }],
    initContainers: [
      { ...shell('echo first >> /shared/order'), name: 'first', volumeMounts },
      {
        ...shell('echo sidecar >> /shared/order; trap exit TERM; while :; do sleep 1 & wait; done'),
        name: 'sidecar',
        restartPolicy: 'Always',
        volumeMounts,
      },
      { ...shell('sleep 0.2; echo second >> /shared/order'), name: 'second', volumeMounts },
    ],
    containers: [
      {
        ...shell('echo main >> /shared/order; cat /shared/order; trap exit TERM; while :; do sleep 1 & wait; done'),
        volumeMounts,
      },
    ],
  })
  await harness.waitFor('initialized', isReady)
  t.equal(await kubectl('logs', 'initialized', '-c', 'main'), 'first\nsidecar\nsecond\nmain\n')
  await remove('initialized')
})

t.test('a pod that is too large for the node is turned away', async (t) => {
  await harness.createPod('large', { containers: [{ ...shell('exit'), resources: { requests: { cpu: '1000' } } }] })
  const pod = await harness.waitFor('large', ({ status }) => status?.phase === 'Failed')
  t.equal(pod.status?.reason, 'OutOfcpu')
  t.match(pod.status?.message, /^Node didn't have enough resource: cpu, requested: 1000000, used: \d+, capacity: \d+$/)
  await remove('large')
})

t.test('a container that is killed from outside is restarted', async (t) => {
  await harness.createPod('killed', {})
  const before = await harness.waitFor('killed', isRunning)
  const id = before.status?.containerStatuses?.[0]?.containerID?.slice('docker://'.length) ?? ''
  await harness.docker.getContainer(id).kill()
  const after = await harness.waitFor(
    'killed',
    ({ status }) =>
      status?.containerStatuses?.[0]?.restartCount === 1 && Boolean(status.containerStatuses[0].state?.running),
  )
  t.match(after.status?.containerStatuses?.[0]?.lastState?.terminated, { exitCode: 137, reason: 'Error' })
  await remove('killed')
})
