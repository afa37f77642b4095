import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { pods } from '@tandem/api/core/v1/pod'
import { secrets } from '@tandem/api/core/v1/secret'
import { services } from '@tandem/api/core/v1/service'
import t from 'tap'
import { isReady, startHarness } from './harness.ts'

const run = promisify(execFile)
const harness = await startHarness()
t.teardown(() => harness.stop())

const idOf = async (name: string, container = 'main'): Promise<string> => {
  const pod = await harness.pod(name)
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (status) => status.name === container,
  )
  return status?.containerID?.slice('docker://'.length) ?? ''
}
const inside = async (name: string, ...command: string[]): Promise<string> =>
  (await run('docker', ['exec', await idOf(name), ...command])).stdout
const remove = (name: string) => harness.client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 })
const waits = 'trap exit TERM; while :; do sleep 1 & wait; done'
const main = () => ({ name: 'main', image: harness.image, command: ['sh', '-c', waits] })
const eventually = async (look: () => Promise<boolean>, timeoutMs = 10_000): Promise<boolean> => {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    if (await look().catch(() => false)) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

const meta = (name: string) => ({ metadata: { name, namespace: 'default' } })
await harness.client.create(configMaps, { ...meta('settings'), data: { COLOUR: 'green', 'app.conf': 'level=1\n' } })
await harness.client.create(secrets, {
  ...meta('keys'),
  data: { PASSWORD: Buffer.from('open sesame').toString('base64') },
})
await harness.client.create(services, {
  ...meta('back-end'),
  spec: { clusterIP: '10.96.3.4', ports: [{ port: 80, name: 'http' }] },
})

t.test('the environment comes from all its sources', async (t) => {
  await harness.createPod(
    'env',
    {
      containers: [
        {
          ...main(),
          envFrom: [
            { configMapRef: { name: 'settings' }, prefix: 'CM_' },
            { secretRef: { name: 'missing', optional: true } },
          ],
          env: [
            { name: 'PLAIN', value: 'one' },
            { name: 'EXPANDED', value: '$(PLAIN) and $(CM_COLOUR), $$(PLAIN), $(NOTHING)' },
            { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'TEAM', valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } },
            { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          ],
          resources: { limits: { memory: '64Mi', cpu: '500m' } },
        },
      ],
    },
    { labels: { team: 'blue' } },
  )
  const pod = await harness.waitFor('env', isReady)
  const env = Object.fromEntries(
    (await inside('env', 'env'))
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  t.match(env, {
    PLAIN: 'one',
    CM_COLOUR: 'green',
    EXPANDED: 'one and green, $(PLAIN), $(NOTHING)',
    KEY: 'open sesame',
    POD_IP: pod.status?.podIP,
    TEAM: 'blue',
    LIMIT: '64',
    BACK_END_SERVICE_PORT: '80',
    BACK_END_SERVICE_PORT_HTTP: '80',
    BACK_END_PORT_80_TCP_PROTO: 'tcp',
  })
  t.match(
    await inside('env', 'cat', '/etc/resolv.conf'),
    'search default.svc.cluster.local svc.cluster.local cluster.local',
  )
  t.match(await inside('env', 'cat', '/etc/resolv.conf'), 'nameserver 10.96.0.10\noptions ndots:5\n')
  t.match(await inside('env', 'cat', '/etc/hosts'), `${pod.status?.podIP}\tenv\n`)
  t.equal(await inside('env', 'hostname'), 'env\n')
  const { HostConfig: limits } = await harness.docker.getContainer(await idOf('env')).inspect()
  t.match(limits, { Memory: 64 * 1024 * 1024, CpuQuota: 50_000, CpuPeriod: 100_000, CpuShares: 512 })
  const podCgroup = `/sys/fs/cgroup/memory/${harness.tag}/kubepods/pod${pod.metadata.uid}/memory.limit_in_bytes`
  t.equal((await readFile(podCgroup, 'utf8').catch(() => '')).trim(), String(64 * 1024 * 1024))
  await remove('env')
})

t.test('volumes hold what they should, and follow changes', async (t) => {
  await harness.createPod(
    'volumes',
    {
      securityContext: { fsGroup: 2000, runAsUser: 1000, runAsGroup: 1000 },
      volumes: [
        { name: 'config', configMap: { name: 'settings' } },
        { name: 'secret', secret: { secretName: 'keys', defaultMode: 0o400 } },
        { name: 'down', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        { name: 'scratch', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        {
          name: 'token',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
              { configMap: { name: 'settings', items: [{ key: 'COLOUR', path: 'deep/colour' }] } },
            ],
          },
        },
      ],
      containers: [
        {
          ...main(),
          volumeMounts: [
            { name: 'config', mountPath: '/config' },
            { name: 'config', mountPath: '/single.conf', subPath: 'app.conf' },
            { name: 'secret', mountPath: '/secret' },
            { name: 'down', mountPath: '/down' },
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'scratch', mountPath: '/scratch-sub', subPathExpr: 'made/$(WHO)' },
            { name: 'memory', mountPath: '/memory' },
            { name: 'token', mountPath: '/token' },
          ],
          env: [{ name: 'WHO', value: 'me' }],
        },
      ],
    },
    { labels: { team: 'blue' } },
  )
  await harness.waitFor('volumes', isReady)
  t.equal(
    await inside('volumes', 'cat', '/config/app.conf', '/single.conf', '/config/COLOUR'),
    'level=1\nlevel=1\ngreen',
  )
  t.equal(await inside('volumes', 'readlink', '/config/app.conf'), '..data/app.conf\n')
  t.equal(await inside('volumes', 'cat', '/secret/PASSWORD'), 'open sesame')
  t.equal(await inside('volumes', 'cat', '/down/labels'), 'team="blue"')
  t.equal(await inside('volumes', 'cat', '/token/deep/colour'), 'green')
  t.match(await inside('volumes', 'cat', '/token/token'), /^ey[\w-]+\.[\w-]+\.[\w-]+$/)
  t.match(await inside('volumes', 'id'), /uid=1000 gid=1000 groups=1000,2000|uid=1000 gid=1000 groups=2000/)
  await inside('volumes', 'touch', '/scratch/a', '/memory/b', '/scratch-sub/c')
  t.equal(await inside('volumes', 'ls', '/scratch/made/me'), 'c\n')

  await harness.client.patch(
    configMaps,
    { namespace: 'default', name: 'settings' },
    { type: 'merge', body: { data: { 'app.conf': 'level=2\n' } } },
  )
  t.ok(
    await eventually(async () => (await inside('volumes', 'cat', '/config/app.conf')) === 'level=2\n'),
    'a changed ConfigMap arrives',
  )
  await harness.client.patch(
    pods,
    { namespace: 'default', name: 'volumes' },
    { type: 'merge', body: { metadata: { labels: { team: 'red' } } } },
  )
  t.ok(
    await eventually(async () => (await inside('volumes', 'cat', '/down/labels')) === 'team="red"'),
    'changed labels arrive',
  )
  await remove('volumes')
})

t.test('what a container refers to is missing', async (t) => {
  await harness.createPod('missing', { containers: [{ ...main(), envFrom: [{ configMapRef: { name: 'later' } }] }] })
  const pod = await harness.waitFor(
    'missing',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  )
  t.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "later" not found')
  await harness.client.create(configMaps, { ...meta('later'), data: {} })
  await harness.waitFor('missing', isReady)
  await remove('missing')
})

t.test('probes decide about readiness and life', async (t) => {
  await harness.createPod('probed', {
    containers: [
      {
        ...main(),
        command: ['sh', '-c', `touch /tmp/alive; ${waits}`],
        startupProbe: { exec: { command: ['test', '-e', '/tmp/alive'] }, periodSeconds: 1 },
        livenessProbe: { exec: { command: ['test', '-e', '/tmp/alive'] }, periodSeconds: 1, failureThreshold: 1 },
        readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 1 },
      },
    ],
  })
  await harness.waitFor(
    'probed',
    ({ status }) => status?.containerStatuses?.[0]?.started === true && !status.containerStatuses[0].ready,
  )
  await inside('probed', 'touch', '/tmp/ready')
  await harness.waitFor('probed', isReady)
  await inside('probed', 'rm', '/tmp/alive')
  await harness.waitFor('probed', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1)
  const messages = (await harness.eventsOf('probed')).map(({ reason, message }) => `${reason}: ${message}`)
  t.ok(messages.includes('Unhealthy: Liveness probe failed: '), messages.join('\n'))
  t.ok(messages.includes('Killing: Container main failed liveness probe, will be restarted'))
  t.ok(messages.some((message) => message.startsWith("Unhealthy: Readiness probe failed: cat: can't open")))
  await remove('probed')
})

t.test("hooks run, and the grace period is the container's", async (t) => {
  await harness.createPod('hooked', {
    terminationGracePeriodSeconds: 10,
    volumes: [{ name: 'out', hostPath: { path: `${harness.options.rootDir}/hooks`, type: 'DirectoryOrCreate' } }],
    containers: [
      {
        ...main(),
        command: ['sh', '-c', "trap 'sleep 1; echo done >> /out/log; exit' TERM; while :; do sleep 0.1; done"],
        volumeMounts: [{ name: 'out', mountPath: '/out' }],
        lifecycle: {
          postStart: { exec: { command: ['sh', '-c', 'echo postStart >> /out/log'] } },
          preStop: { exec: { command: ['sh', '-c', 'echo preStop >> /out/log'] } },
        },
      },
    ],
  })
  await harness.waitFor('hooked', isReady)
  const deletedAt = performance.now()
  await harness.client.delete(pods, { namespace: 'default', name: 'hooked' })
  const ending = await harness.pod('hooked')
  t.equal(ending.metadata.deletionGracePeriodSeconds, 10)
  t.ok(isReady(ending), 'it serves until it has ended')
  await harness.waitForGone('hooked')
  const took = performance.now() - deletedAt
  t.ok(took > 1000 && took < 4000, `gone after ${Math.round(took)} ms`)
  t.equal(await readFile(`${harness.options.rootDir}/hooks/log`, 'utf8'), 'postStart\npreStop\ndone\n')
})

t.test('containers of a pod share network, and process namespace where asked', async (t) => {
  await harness.createPod('shared', {
    shareProcessNamespace: true,
    containers: [
      { ...main(), command: ['sh', '-c', `cd /tmp; httpd -p 127.0.0.1:8081; ${waits}`] },
      { ...main(), name: 'other', command: ['sh', '-c', waits] },
    ],
  })
  await harness.waitFor('shared', isReady)
  const other = await idOf('shared', 'other')
  t.equal(
    (await run('docker', ['exec', other, 'wget', '-qO-', 'http://127.0.0.1:8081/index.html'])).stdout,
    'hello from the pod\n',
  )
  t.match((await run('docker', ['exec', other, 'cat', '/proc/1/cmdline'])).stdout, '/pause')
  await remove('shared')
})

t.test('security contexts are kept, and root is refused where nobody may be root', async (t) => {
  await harness.createPod('secured', {
    hostNetwork: true,
    containers: [
      {
        ...main(),
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
        },
      },
    ],
  })
  await harness.createPod('rootless', { containers: [{ ...main(), securityContext: { runAsNonRoot: true } }] })
  await harness.waitFor('secured', isReady)
  t.match(await inside('secured', 'cat', '/proc/1/status'), 'CapEff:\t0000000000001000')
  t.match(await inside('secured', 'cat', '/proc/1/status'), 'NoNewPrivs:\t1')
  await t.rejects(inside('secured', 'touch', '/file'), /Read-only file system/)
  const pod = await harness.waitFor(
    'rootless',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  )
  t.match(
    pod.status?.containerStatuses?.[0]?.state?.waiting?.message,
    /^container has runAsNonRoot and image will run as root \(pod: "rootless_default\(/,
  )
  await Promise.all([remove('secured'), remove('rootless')])
})

t.test('a pod whose sandbox died gets a new one', async (t) => {
  await harness.createPod('reborn', {})
  const before = await harness.waitFor('reborn', isReady)
  const sandbox = (await harness.containers()).find(({ Names }) => Names[0]?.includes('k8s_POD_reborn'))
  await harness.docker.getContainer(sandbox?.Id ?? '').kill()
  const after = await harness.waitFor(
    'reborn',
    (pod) => isReady(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1,
  )
  t.not(after.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID)
  await remove('reborn')
})

t.test('a pod past its deadline has failed', async (t) => {
  await harness.createPod('late', { activeDeadlineSeconds: 1 })
  const pod = await harness.waitFor('late', ({ status }) => status?.phase === 'Failed')
  t.match(pod.status, {
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  })
  await remove('late')
})
