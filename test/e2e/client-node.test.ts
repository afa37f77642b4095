import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  type V1ConfigMap,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import t from 'tap'
import { eventually } from './eventually.ts'
import { clusterRoot, kubectlFor, sampleImage } from './kubectl.ts'

const config = new KubeConfig()
config.loadFromFile(join(clusterRoot(), 'staging', 'admin.conf'))
const core = config.makeApiClient(CoreV1Api)
const namespace = 'client-node'
const kubectl = kubectlFor({ cluster: 'staging', namespace })

t.before(() => core.createNamespace({ body: { metadata: { name: namespace } } }))
t.teardown(() => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'))

const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
})
const create = (name: string) => core.createNamespacedConfigMap({ namespace, body: configMap(name) })

t.test('an informer holds what there is and hears what happens, through a pause too', async (t) => {
  await create('there')
  const list = () => core.listNamespacedConfigMap({ namespace })
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, list)
  t.teardown(() => informer.stop())
  const seen: string[] = []
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata }) => {
      if (metadata?.name !== 'kube-root-ca.crt') seen.push(`${verb} ${metadata?.name}`)
    })
  const sees = (expected: string) =>
    eventually(async () => {
      if (!seen.includes(expected)) throw new Error(`${expected} is not among ${seen.join(', ')}`)
    })
  await informer.start()
  await sees('add there')
  await create('comes')
  await sees('add comes')
  await core.replaceNamespacedConfigMap({ namespace, name: 'comes', body: configMap('comes', { a: '1' }) })
  await sees('update comes')
  t.equal(informer.get('comes', namespace)?.data?.a, '1')
  await core.deleteNamespacedConfigMap({ namespace, name: 'comes' })
  await sees('delete comes')
  t.equal(informer.get('comes', namespace), undefined)

  await informer.stop()
  await core.deleteNamespacedConfigMap({ namespace, name: 'there' })
  await informer.start()
  await sees('delete there')
  await create('later')
  await sees('add later')
})

t.test('a watch ends with its time, tells where it is, and a deletion', async (t) => {
  const phases: string[] = []
  await new Promise<void>((resolve, reject) => {
    const watch = new Watch(config)
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    const query = { timeoutSeconds: 2, allowWatchBookmarks: true, fieldSelector: 'metadata.name=watched' }
    const tell = (phase: string, object: V1ConfigMap) => {
      phases.push(`${phase} ${object.metadata?.name ?? ''}`.trim())
      if (phase === 'ADDED') void core.deleteNamespacedConfigMap({ namespace, name: 'watched' }).catch(reject)
    }
    watch.watch(path, query, tell, () => resolve()).then(() => create('watched'), reject)
  })
  t.same(
    phases.filter((phase) => !phase.startsWith('BOOKMARK')),
    ['ADDED watched', 'DELETED watched'],
  )
})

t.test('server-side apply: ownership, conflicts and force', async (t) => {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const apply = (manager: string, data: Record<string, string>, force = false) =>
    objects.patch(configMap('applied', data), undefined, undefined, manager, force, PatchStrategy.ServerSideApply)
  t.match(await apply('one', { a: '1' }), { data: { a: '1' } })
  await t.rejects(apply('two', { a: '2' }), { code: 409, body: /conflict with \\"one\\": \.data\.a/ })
  t.match(await apply('two', { a: '2' }, true), { data: { a: '2' } })
  const { metadata } = await core.readNamespacedConfigMap({ namespace, name: 'applied' })
  t.same(metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`).sort(), ['two Apply'])
  await t.rejects(objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none', namespace } }), {
    code: 404,
  })
})

t.test('of several candidates one leads at a time, and another when it leaves', async (t) => {
  const leases = config.makeApiClient(CoordinationV1Api)
  const led: string[] = []
  const seconds = 2
  const candidate = async (holderIdentity: string, signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        await tryToLead(holderIdentity)
        led.push(holderIdentity)
      } catch (error) {
        const { code } = error as { code?: number }
        // Somebody else was first, or still leads.
        if (code !== 409 && code !== undefined) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const tryToLead = async (holderIdentity: string) => {
    const spec = { holderIdentity, leaseDurationSeconds: seconds, renewTime: new Date() as never }
    const lease = await leases.readNamespacedLease({ namespace, name: 'leader' }).catch(() => undefined)
    if (!lease) return leases.createNamespacedLease({ namespace, body: { metadata: { name: 'leader' }, spec } })
    const free = Date.now() - new Date(String(lease.spec?.renewTime)).getTime() > seconds * 1000
    if (lease.spec?.holderIdentity !== holderIdentity && !free) throw new Error('another leads')
    return leases.replaceNamespacedLease({ namespace, name: 'leader', body: { metadata: lease.metadata, spec } })
  }
  const leaving = { one: new AbortController(), two: new AbortController() }
  const running = Object.entries(leaving).map(([name, { signal }]) => candidate(name, signal))
  await eventually(async () => {
    if (led.length < 5) throw new Error('nobody leads yet')
  })
  const first = led[0] === 'one' ? 'one' : 'two'
  t.same(new Set(led), new Set([first]), 'one leads')
  leaving[first].abort()
  await eventually(async () => {
    if (led.at(-1) === first) throw new Error(`${first} was the last to lead`)
  })
  const change = led.findIndex((name) => name !== first)
  t.ok(
    led.slice(change).every((name) => name !== first),
    'then the other, alone',
  )
  for (const controller of Object.values(leaving)) controller.abort()
  await Promise.all(running)
})

t.test('a pod: its log, commands in it, connections to it', async (t) => {
  const apps = config.makeApiClient(AppsV1Api)
  const labels = { app: 'web' }
  const command = ['sh', '-c', 'echo started; echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp']
  const container = { name: 'web', image: sampleImage, command, readinessProbe: { httpGet: { path: '/', port: 8080 } } }
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
      },
    },
  })
  const pod = await eventually(
    async () => {
      const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })
      const ready = items.find(({ status }) => status?.containerStatuses?.[0]?.ready)
      if (!ready?.metadata?.name) throw new Error('no pod is ready')
      return ready.metadata.name
    },
    { seconds: 60 },
  )

  const log = collect()
  await new Log(config).log(namespace, pod, 'web', log.stream, { tailLines: 1 })
  await finished(log.stream)
  t.equal(log.text(), 'started\n')

  const out = collect()
  const errors = collect()
  const status = await new Promise<V1Status>((resolve, reject) => {
    const script = ['sh', '-c', 'cat; echo oops >&2; exit 3']
    const input = Readable.from(['through'])
    new Exec(config).exec(namespace, pod, 'web', script, out.stream, errors.stream, input, false, resolve).catch(reject)
  })
  t.match(status, {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  })
  t.equal(out.text(), 'through')
  t.equal(errors.text(), 'oops\n')

  const request = new PassThrough()
  const page = collect()
  const socket = await new PortForward(config).portForward(namespace, pod, [8080], page.stream, null, request)
  request.write('GET / HTTP/1.0\r\n\r\n')
  await eventually(async () => {
    if (!page.text().includes('hello')) throw new Error(page.text())
  })
  if ('close' in socket) socket.close()
})

function collect(): { stream: Writable; text(): string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
