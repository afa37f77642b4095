import t from 'tap'
import { eventually, mustMatch } from './eventually.ts'
import { kubectlFor, sampleImage } from './kubectl.ts'

const kubectl = kubectlFor({ cluster: 'staging', namespace: 'failures' })
const pod = (name: string, container: object, spec: object = {}) =>
  kubectl.apply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        ...spec,
        containers: [{ name: 'c', image: sampleImage, ...container }],
      },
    }),
  )
const read = async (name: string) => JSON.parse(await kubectl('get', 'pod', name, '-o', 'json'))
const events = async (name: string): Promise<{ reason: string; message: string; type: string }[]> =>
  JSON.parse(await kubectl('get', 'events', `--field-selector=involvedObject.name=${name}`, '-o', 'json')).items
const hasEvent = (name: string, reason: string, message: RegExp) =>
  eventually(async () => {
    const found = await events(name)
    if (!found.some((event) => event.reason === reason && message.test(event.message)))
      throw new Error(`no ${reason} in ${JSON.stringify(found.map((e) => [e.reason, e.message]))}`)
  })
const statusOf = async (name: string) => (await read(name)).status.containerStatuses?.[0]

t.before(() => kubectl('create', 'namespace', 'failures'))
t.teardown(() => kubectl('delete', 'namespace', 'failures', '--wait=false'))

t.test('a process killed with SIGKILL is restarted, with its end in lastState', async (t) => {
  await pod('killed', { command: ['sh', '-c', 'while true; do sleep 1; done'] })
  await kubectl('wait', '--for=condition=Ready', 'pod/killed', '--timeout=30s')
  const { containerID } = await statusOf('killed')
  // PID 1 of a container ignores SIGKILL from within; its pod's other processes may not reach it either, so the host sends it.
  const { run } = await import('./kubectl.ts')
  await run('docker', ['kill', '--signal=KILL', containerID.replace('docker://', '')])
  const status = await eventually(async () => {
    const now = await statusOf('killed')
    if (now.restartCount !== 1 || !now.state.running) throw new Error(JSON.stringify(now))
    return now
  })
  t.match(status.lastState.terminated, { exitCode: 137, reason: 'Error' })
  t.not(status.containerID, containerID)
})

t.test('a container that crashes again and again ends in CrashLoopBackOff', async (t) => {
  await pod('crashing', { command: ['sh', '-c', 'exit 3'] })
  const status = await eventually(async () => {
    const now = await statusOf('crashing')
    if (now?.state.waiting?.reason !== 'CrashLoopBackOff') throw new Error(JSON.stringify(now))
    return now
  })
  t.match(status.state.waiting.message, /^back-off \d+s restarting failed container=c pod=crashing_failures\(/)
  t.match(status.lastState.terminated, { exitCode: 3, reason: 'Error' })
  await hasEvent('crashing', 'BackOff', /^Back-off restarting failed container c in pod crashing_failures\(/)
  t.match(await kubectl('get', 'pod', 'crashing'), /CrashLoopBackOff/)
  t.equal(await kubectl('logs', 'crashing', '--previous'), '')
})

t.test('a failing liveness probe restarts the container, a failing readiness probe takes it out', async (t) => {
  await pod('unwell', {
    command: ['sh', '-c', 'touch /tmp/ok; sleep 3600'],
    livenessProbe: { exec: { command: ['cat', '/tmp/ok'] }, periodSeconds: 1, failureThreshold: 1 },
    readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1 },
  })
  await hasEvent('unwell', 'Unhealthy', /^Readiness probe failed: cat: can't open '\/tmp\/ready'/)
  t.equal(
    (await read('unwell')).status.conditions.find(({ type }: { type: string }) => type === 'Ready').status,
    'False',
  )
  await kubectl('exec', 'unwell', '--', 'touch', '/tmp/ready')
  await kubectl('wait', '--for=condition=Ready', 'pod/unwell', '--timeout=20s')
  await kubectl('exec', 'unwell', '--', 'rm', '/tmp/ok')
  await hasEvent('unwell', 'Unhealthy', /^Liveness probe failed/)
  await hasEvent('unwell', 'Killing', /^Container c failed liveness probe, will be restarted$/)
  await eventually(async () => {
    if ((await statusOf('unwell')).restartCount < 1) throw new Error('not restarted')
  })
})

t.test('an image that cannot be pulled ends in ImagePullBackOff', async (t) => {
  await pod('imageless', { image: 'registry.invalid/no/such:1' })
  await hasEvent('imageless', 'Pulling', /^Pulling image "registry\.invalid\/no\/such:1"$/)
  await hasEvent('imageless', 'Failed', /^Failed to pull image "registry\.invalid\/no\/such:1": /)
  await hasEvent('imageless', 'Failed', /^Error: ErrImagePull$/)
  await hasEvent('imageless', 'BackOff', /^Back-off pulling image "registry\.invalid\/no\/such:1"/)
  const status = await eventually(async () => {
    const now = await statusOf('imageless')
    if (now.state.waiting?.reason !== 'ImagePullBackOff') throw new Error(JSON.stringify(now))
    return now
  })
  t.match(status.state.waiting.message, /^Back-off pulling image "registry\.invalid\/no\/such:1"/)
  await pod('never', { image: 'registry.invalid/no/such:1', imagePullPolicy: 'Never' })
  await eventually(async () => mustMatch((await statusOf('never')).state.waiting.reason, /^ErrImageNeverPull$/))
})

t.test('a pod too large for the node stays Pending, and says why', async (t) => {
  await pod('large', { resources: { requests: { cpu: '1000' } } })
  await hasEvent('large', 'FailedScheduling', /^0\/1 nodes are available: 1 Insufficient cpu\./)
  const { status } = await read('large')
  t.equal(status.phase, 'Pending')
  t.match(status.conditions[0], { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' })
})

t.test('a missing ConfigMap keeps a container from being created until it is there', async (t) => {
  await pod('waiting', {
    command: ['sh', '-c', 'echo $COLOUR; sleep 3600'],
    env: [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'late', key: 'colour' } } }],
  })
  await eventually(async () =>
    mustMatch((await statusOf('waiting'))?.state.waiting.reason ?? '', /^CreateContainerConfigError$/),
  )
  t.equal((await statusOf('waiting')).state.waiting.message, 'configmap "late" not found')
  await kubectl('create', 'configmap', 'late', '--from-literal=colour=red')
  await kubectl('wait', '--for=condition=Ready', 'pod/waiting', '--timeout=90s')
  t.equal(await kubectl('logs', 'waiting'), 'red\n')
})
