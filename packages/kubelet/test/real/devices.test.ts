import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import { decode, encode, type MessageName } from '../../src/devices/messages.ts'
import { isReady, startHarness } from './harness.ts'

const harness = await startHarness()
const host = await mkdtemp(join(tmpdir(), 'devices-'))
await writeFile(join(host, 'driver'), 'the driver')
const directory = join(harness.options.rootDir, 'device-plugins')
const resource = 'example.com/gpu'

const method = (path: string, asked: MessageName, answer: MessageName, responseStream = false) => ({
  path: `/v1beta1.DevicePlugin/${path}`,
  requestStream: false,
  responseStream,
  requestSerialize: encode(asked),
  requestDeserialize: decode(asked),
  responseSerialize: encode(answer),
  responseDeserialize: decode(answer),
})

/** A plugin as vendors write them, with devices that are null and zero. */
async function startPlugin() {
  const server = new Server()
  const prepared: string[][] = []
  let stream: ServerWritableStream<object, object> | undefined
  server.addService(
    {
      ListAndWatch: method('ListAndWatch', 'Empty', 'ListAndWatchResponse', true),
      Allocate: method('Allocate', 'AllocateRequest', 'AllocateResponse'),
      PreStartContainer: method('PreStartContainer', 'ContainerDevices', 'Empty'),
    },
    {
      ListAndWatch(call: ServerWritableStream<object, object>) {
        stream = call
        tell('Healthy', 'Healthy')
      },
      Allocate({ request }: { request: { containers: { ids: string[] }[] } }, answer: (e: null, v: object) => void) {
        answer(null, {
          containers: request.containers.map(({ ids }) => ({
            envs: [{ key: 'GPUS', value: ids.join('+') }],
            mounts: [{ containerPath: '/driver', hostPath: join(host, 'driver'), readOnly: true }],
            devices: [{ containerPath: '/dev/gpu', hostPath: '/dev/null', permissions: 'rw' }],
          })),
        })
      },
      PreStartContainer({ request }: { request: { ids: string[] } }, answer: (e: null, v: object) => void) {
        prepared.push(request.ids)
        answer(null, {})
      },
    },
  )
  const socket = join(directory, 'gpu.sock')
  await new Promise((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(0),
    ),
  )
  const tell = (...health: string[]) =>
    stream?.write({ devices: health.map((state, index) => ({ ID: `gpu${index}`, health: state })) })
  return { prepared, tell, stop: () => server.forceShutdown() }
}

const register = (resourceName: string, version = 'v1beta1'): Promise<string> =>
  new Promise((resolve) => {
    const client = new Client(`unix:${join(directory, 'kubelet.sock')}`, credentials.createInsecure())
    const request = { version, endpoint: 'gpu.sock', resourceName, options: { preStartRequired: true } }
    client.makeUnaryRequest(
      '/v1beta1.Registration/Register',
      encode('RegisterRequest'),
      decode('Empty'),
      request,
      (error) => {
        client.close()
        resolve(error ? error.details : 'registered')
      },
    )
  })

const amounts = async () => {
  const { status } = await harness.client.get(nodes, { name: harness.nodeName })
  return [status?.capacity?.[resource], status?.allocatable?.[resource]].join('/')
}
const becomes = async (wanted: string) => {
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline && (await amounts()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 50))
  return amounts()
}
const using = (count: number, script: string): Partial<Pod['spec']> => ({
  containers: [
    {
      name: 'main',
      image: harness.image,
      command: ['sh', '-c', `${script}; trap exit TERM; while :; do sleep 1 & wait; done`],
      resources: { limits: { [resource]: String(count) } },
      terminationMessagePolicy: 'FallbackToLogsOnError',
    },
  ],
})

let plugin = await startPlugin()
t.teardown(async () => {
  plugin.stop()
  await harness.stop()
  await rm(host, { recursive: true })
})

t.test("a plugin registers, and its devices are the node's", async (t) => {
  t.equal(
    await register(resource, 'v1alpha'),
    'requested API version "v1alpha" is not supported by kubelet. Supported version is ["v1beta1"]',
  )
  t.equal(await register('cpu'), 'the ResourceName "cpu" is invalid')
  t.equal(await register(resource), 'registered')
  t.equal(await becomes('2/2'), '2/2')
})

t.test('a container gets its device, with what the plugin gives with it', async (t) => {
  const checks = 'test "$GPUS" = gpu0 && test -c /dev/gpu && test "$(cat /driver)" = "the driver"'
  await harness.createPod('one', using(1, `${checks} || exit 3`))
  await harness.waitFor('one', isReady)
  t.same(plugin.prepared, [['gpu0']])
  await harness.createPod('greedy', using(2, 'true'))
  t.match((await harness.waitFor('greedy', ({ status }) => status?.phase === 'Failed')).status, {
    reason: `OutOf${resource}`,
  })
})

t.test('sick devices are taken off, and a plugin that goes takes all', async (t) => {
  plugin.tell('Healthy', 'Unhealthy')
  t.equal(await becomes('2/1'), '2/1')
  plugin.stop()
  t.equal(await becomes('2/0'), '2/0')
})

t.test('a kubelet that starts again asks for the plugins, and remembers who has what', async (t) => {
  await harness.restartKubelet()
  const gone = await new Promise((resolve) =>
    connect(join(directory, 'gpu.sock'))
      .once('error', () => resolve(true))
      .once('connect', () => resolve(false)),
  )
  t.ok(gone, 'the old sockets are removed')
  plugin = await startPlugin()
  t.equal(await register(resource), 'registered')
  t.equal(await becomes('2/2'), '2/2')
  await harness.createPod('two', using(1, 'test "$GPUS" = gpu1 || exit 3'))
  await harness.waitFor('two', isReady)
  t.ok(isReady(await harness.pod('one')), 'who had a device has it still')
  await harness.client.delete(pods, { namespace: 'default', name: 'one' }, { gracePeriodSeconds: 1 })
  await harness.waitForGone('one')
  await harness.createPod('three', using(1, 'test "$GPUS" = gpu0 || exit 3'))
  await harness.waitFor('three', isReady)
  t.pass('what was given back is given again')
})
